// SPDX-License-Identifier: MIT
// Errors as values, short texts, checked arithmetic, hashes, type lists, aligned memory, storage policies.
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <dsi/core/fixed_string.hpp>
#include <dsi/core/result.hpp>
#include <dsi/core/type_pack.hpp>
#include <dsi/tensor/storage.hpp>
#include <dsi/tensor/tensor.hpp>

namespace {

/// Counts its living objects.
struct counted {
  static inline int alive = 0;
  int value = 0;
  explicit counted(int v) : value(v) { ++alive; }
  counted(counted&& o) noexcept : value(o.value) { ++alive; }
  ~counted() { --alive; }
};

dsi::result<counted> half_of(int v) {
  if (v % 2 != 0) return dsi::failure{dsi::errc::invalid_argument, dsi::message("odd: ").append(dsi::index{v})};
  return counted(v / 2);
}

}  // namespace

TEST_CASE("a result holds a value or says what went wrong") {
  {
    auto good = half_of(8);
    REQUIRE(good);
    CHECK(good->value == 4);
    auto bad = half_of(7);
    CHECK(!bad.has_value());
    CHECK(bad.error().what.view() == "odd: 7");
    CHECK(bad.error().code == dsi::errc::invalid_argument);
    good = std::move(bad);
    CHECK(!good);
    CHECK(good.error().what.view() == "odd: 7");
    good = half_of(2);
    CHECK((*good).value == 1);
    auto moved = std::move(good);
    CHECK(moved->value == 1);
  }
  CHECK(counted::alive == 0);
  dsi::result<void> const fine, failed = dsi::failure{dsi::errc::io, "disk"};
  CHECK(fine);
  CHECK(!failed);
  CHECK(failed.error().what.view() == "disk");
}

TEST_CASE("a message holds numbers and is cut at its end") {
  dsi::message m("n = ");
  m << dsi::index{-42} << std::string_view(", ") << std::numeric_limits<dsi::index>::min();
  CHECK(m.view() == "n = -42, -9223372036854775808");
  CHECK(std::string(m.c_str()) == m.view());
  dsi::message full;
  for (int i = 0; i < 100; ++i) full.append("0123456789");
  CHECK(full.view().size() == 319);
  CHECK(full.c_str()[319] == '\0');
  static_assert(dsi::message("constant").view() == "constant");
}

TEST_CASE("products of extents never overflow") {
  constexpr dsi::index most = std::numeric_limits<dsi::index>::max();
  CHECK(dsi::checked_product(3, 4) == 12);
  CHECK(dsi::checked_product(0, most) == 0);
  CHECK(dsi::checked_product(most, 1) == most);
  CHECK(dsi::checked_product(most / 2 + 1, 2) == -1);
  CHECK(dsi::checked_product(-1, 5) == -1);
  CHECK(dsi::checked_product(5, -1) == -1);
  CHECK(dsi::shape(dsi::index{1} << 32, dsi::index{1} << 32).size() == -1);
  CHECK(dsi::shape().size() == 1);
  CHECK(dsi::shape(3, 0, 5).size() == 0);
  CHECK(dsi::tensor_desc{dsi::dtype::f64, dsi::layout::row_major, dsi::shape(dsi::index{1} << 61)}.bytes() == -1);
  CHECK(dsi::round_up(17, 16) == 32);
  CHECK(dsi::round_up(16, 16) == 16);
}

TEST_CASE("strides follow the memory order") {
  dsi::tensor_desc d{dsi::dtype::f32, dsi::layout::row_major, dsi::shape(2, 3, 4, 5)};
  CHECK(dsi::strides_of(d) == dsi::shape(60, 20, 5, 1));
  d.order = dsi::layout::channels_last;
  CHECK(dsi::strides_of(d) == dsi::shape(60, 1, 15, 3));
  CHECK(dsi::same_in_every_layout(dsi::shape(2, 3)));
  CHECK(dsi::same_in_every_layout(dsi::shape(2, 1, 4, 5)));
  CHECK(dsi::same_in_every_layout(dsi::shape(2, 3, 1, 1)));
  CHECK(!dsi::same_in_every_layout(dsi::shape(2, 3, 1, 2)));
}

TEST_CASE("a hash notices order, length and every bit") {
  auto const of = [](std::uint64_t a, std::uint64_t b) { return dsi::hasher{}.add(a).add(b).value; };
  CHECK(of(1, 2) != of(2, 1));
  for (int bit = 0; bit < 64; ++bit) CHECK(of(std::uint64_t{1} << bit, 0) != of(0, 0));
  CHECK(dsi::hasher{}.add_text("ab", 2).value != dsi::hasher{}.add_text("ba", 2).value);
  CHECK(dsi::hasher{}.add_text("", 0).value == 14695981039346656037ull);   // FNV-1a's start
  CHECK(dsi::hasher{}.add_text("a", 1).value == 0xaf63dc4c8601ec8cull);    // its published test vector
}

TEST_CASE("type lists give their members by position") {
  using list = dsi::join<dsi::type_pack<int, char>, dsi::type_pack<double>>;
  static_assert(list::size == 3);
  static_assert(std::is_same_v<dsi::type_at<list, 0>, int> && std::is_same_v<dsi::type_at<list, 2>, double>);
  static_assert(dsi::fixed_string("conv").view() == "conv");
  static_assert(dsi::fixed_string("").view().empty());
  CHECK(true);
}

TEST_CASE("memory is aligned and owned once") {
  dsi::aligned_memory a;
  CHECK(a.data() == nullptr);
  REQUIRE(a.allocate(1));
  CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
  a.data()[0] = std::byte{1};
  REQUIRE(a.allocate(100000));  // again: the old block is given back
  std::byte* const where = a.data();
  dsi::aligned_memory b = std::move(a);
  CHECK(b.data() == where);
  CHECK(a.data() == nullptr);
  a = std::move(b);
  CHECK(a.data() == where);
  REQUIRE(a.allocate(0));
  CHECK(a.data() != nullptr);
}

TEST_CASE("storage policies give aligned blocks of their own") {
  struct tag_a;
  struct tag_b;
  dsi::heap_storage::block<1000> heap, other;
  dsi::static_storage<tag_a>::block<1000> a, same_a;
  dsi::static_storage<tag_b>::block<1000> b;
  auto inside = std::make_unique<dsi::inline_storage::block<1000>>();
  for (std::byte* p : {heap.data(), other.data(), a.data(), b.data(), inside->data()}) {
    REQUIRE(p != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(p) % 64 == 0);
  }
  CHECK(heap.data() != other.data());
  CHECK(a.data() != b.data());
  CHECK(a.data() == same_a.data());
  CHECK(sizeof(*inside) >= 1000);
  CHECK(static_cast<void*>(inside->data()) == static_cast<void*>(inside.get()));
}
