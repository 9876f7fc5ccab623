// SPDX-License-Identifier: MIT
// A network written by hand tells the dsi program its shapes: as text in an object file, which also a cross-compiler makes.
//
// dsi_add_model(app mlp.hpp TYPE mlp) compiles `dsi_description = describe<...>()` for the target and takes the text out with
// objcopy. Nothing of the target runs on the host.
#pragma once

#include <dsi/embedded.hpp>

namespace dsi::embed {

namespace detail {

/// Counts, or writes when there is somewhere to write to.
struct description_writer {
  char* to = nullptr;
  std::size_t size = 0;

  constexpr void put(char c) {
    if (to != nullptr) to[size] = c;
    ++size;
  }
  constexpr void text(char const* s) {
    while (*s != '\0') put(*s++);
  }
  constexpr void number(std::uint64_t n) {
    char digits[20]{};
    int count = 0;
    do digits[count++] = static_cast<char>('0' + n % 10);
    while ((n /= 10) != 0);
    put(' ');
    while (count > 0) put(digits[--count]);
  }
  constexpr void port(char const* kind, tensor_info const& t) {
    text(kind);
    number(t.dtype);
    number(t.rank);
    for (int i = 0; i < t.rank; ++i) number(static_cast<std::uint64_t>(t.dims[i]));
    put(' ');
    text(t.name);
    put('\n');
  }
  constexpr void whole(unit const& u) {
    text("dsi-description");
    number(abi_version);
    put('\n');
    for (int i = 0; i < u.network_count; ++i) {
      network const& n = u.networks[i];
      text("network");
      number(static_cast<std::uint64_t>(n.batch));
      number(n.state_bytes);
      put('\n');
      for (int k = 0; k < n.input_count; ++k) port("input", n.inputs[k]);
      for (int k = 0; k < n.output_count; ++k) port("output", n.outputs[k]);
    }
  }
};

template <std::size_t Size>
struct description_text {
  char text[Size];
};

}  // namespace detail

/// The networks of the unit that Unit() returns, as lines of text:
///   dsi-description 3 / network BATCH STATE_BYTES / input DTYPE RANK DIM... NAME / output ...
template <unit (*Unit)()>
constexpr auto describe() {
  constexpr std::size_t size = [] {
    detail::description_writer w;
    w.whole(Unit());
    return w.size;
  }();
  detail::description_text<size> t{};
  detail::description_writer w{t.text};
  w.whole(Unit());
  return t;
}

}  // namespace dsi::embed
