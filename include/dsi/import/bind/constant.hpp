// SPDX-License-Identifier: MIT
// ONNX operators that dsi computes while it imports and never at run time: they make or read shapes and indices.
#pragma once

#include <algorithm>
#include <cmath>

#include <dsi/import/bind/table.hpp>
#include <dsi/import/shape_rules.hpp>

namespace DSI_NAMESPACE::import::detail {

/// The extents of a tensor are known whether its elements are or not.
inline void bind_shape_of(binding& b) {
  shape const s = b.desc(0).extents;
  std::int64_t first = b.integer("start", 0), last = b.integer("end", s.rank);
  first = std::clamp<std::int64_t>(first < 0 ? first + s.rank : first, 0, s.rank);
  last = std::clamp<std::int64_t>(last < 0 ? last + s.rank : last, first, s.rank);
  b.finish(b.constant(from_integers(std::vector<std::int64_t>(s.dim + first, s.dim + last))));
}
inline void bind_size(binding& b) { b.finish(b.scalar(dtype::i64, b.desc(0).size())); }

/// to[i] = from[source(position of i)], for elements of `bytes` bytes.
template <class Source>
void rearrange(onnx_tensor const& from, onnx_tensor& to, Source const& source) {
  auto const bytes = static_cast<std::size_t>(size_of(from.type));
  std::vector<index> p(to.dims.size(), 0);
  for (index i = 0; i < to.size(); ++i) {
    std::memcpy(to.bytes.data() + static_cast<std::size_t>(i) * bytes, from.bytes.data() + static_cast<std::size_t>(source(p)) * bytes, bytes);
    for (std::size_t k = p.size(); k-- > 0;) {
      if (++p[k] < to.dims[k]) break;
      p[k] = 0;
    }
  }
}

inline void bind_constant_of_shape(binding& b) {
  auto const dims = b.constant_integers(0, "input");
  if (b.refused()) return;
  onnx_tensor const zero = blank(dtype::f32, {1});
  onnx_tensor const* const given = b.onnx().tensor("value");
  onnx_tensor const& value = given != nullptr ? *given : zero;
  if (value.size() != 1) return b.refuse("value has " + std::to_string(value.size()) + " elements", "give it one element");
  if (!b.may_make(value.type, dims)) return;
  onnx_tensor y = blank(value.type, dims);
  rearrange(value, y, [](auto const&) { return index{0}; });
  b.finish(b.constant(std::move(y)));
}

inline void bind_range(binding& b) {
  char const* const names[]{"start", "limit", "delta"};
  for (int i = 0; i < 3; ++i) {
    if (!b.needs_constant(i, names[i])) return;
    if (b.data(i).size() != 1 || b.desc(i).type != b.desc(0).type) return b.refuse("start, limit and delta must be one number each, of one type", "export the model again");
  }
  visit_dtype(b.desc(0).type, [&]<class T>(T) {
    using V = compute_t<T>;
    V const from = static_cast<V>(b.data(0).at<T>(0)), to = static_cast<V>(b.data(1).at<T>(0)), step = static_cast<V>(b.data(2).at<T>(0));
    index count = 0;
    if constexpr (std::is_same_v<V, bool>) {
      return b.refuse("its inputs are bool", "use integers");
    } else if constexpr (std::is_integral_v<V>) {
      if (step == V(0)) return b.refuse("delta is 0", "correct it");
      // Differences of 64-bit numbers fit in the unsigned type.
      auto const magnitude = [](V low, V high) { return static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low); };
      bool const up = step > V(0);
      if (up ? from < to : to < from) {
        std::uint64_t const span = up ? magnitude(from, to) : magnitude(to, from), width = up ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
        std::uint64_t const n = (span - 1) / width + 1;
        count = n > static_cast<std::uint64_t>(std::numeric_limits<index>::max()) ? std::numeric_limits<index>::max() : static_cast<index>(n);
      }
    } else {
      double const n = std::ceil((static_cast<double>(to) - static_cast<double>(from)) / static_cast<double>(step));
      if (!(n < 1e15)) return b.refuse("has no number of elements that fits", "correct start, limit and delta");
      count = n > 0 ? static_cast<index>(n) : 0;
    }
    if (!b.may_make(b.desc(0).type, {count})) return;
    onnx_tensor y = blank(b.desc(0).type, {count});
    for (index i = 0; i < count; ++i) {
      T v{};
      if constexpr (std::is_integral_v<V>) v = static_cast<T>(static_cast<std::uint64_t>(from) + static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(step));
      else v = static_cast<T>(from + static_cast<V>(i) * step);
      std::memcpy(y.bytes.data() + static_cast<std::size_t>(i) * sizeof v, &v, sizeof v);
    }
    b.finish(b.constant(std::move(y)));
  });
}

inline void bind_non_zero(binding& b) {
  if (!b.needs_constant(0, "input")) return;
  onnx_tensor const& x = b.data(0);
  onnx_tensor const truth = converted(x, dtype::boolean);  // true for all but zeros of both signs
  if (!b.may_make(dtype::i64, {static_cast<index>(x.dims.size()), truth.size()})) return;
  std::vector<std::vector<std::int64_t>> found(x.dims.size());
  std::vector<index> p(x.dims.size(), 0);
  for (index i = 0; i < truth.size(); ++i) {
    for (std::size_t k = 0; k < p.size() && truth.at<bool>(i); ++k) found[k].push_back(p[k]);
    for (std::size_t k = p.size(); k-- > 0;) {
      if (++p[k] < x.dims[k]) break;
      p[k] = 0;
    }
  }
  std::vector<std::int64_t> all;
  for (auto const& f : found) all.insert(all.end(), f.begin(), f.end());
  index const count = found.empty() ? 0 : static_cast<index>(found[0].size());
  b.finish(b.constant(make_tensor<std::int64_t>({}, {static_cast<index>(found.size()), count}, all)));
}

inline void add_constants(onnx_table& table) {
  table["Shape"] = {&bind_shape_of, 1, 1, "end start"};
  table["Size"] = {&bind_size, 1, 1, {}};
  table["ConstantOfShape"] = {&bind_constant_of_shape, 1, 1, "value"};
  table["Range"] = {&bind_range, 3, 3, "stash_type"};
  table["NonZero"] = {&bind_non_zero, 1, 1, {}};
}

}  // namespace DSI_NAMESPACE::import::detail
