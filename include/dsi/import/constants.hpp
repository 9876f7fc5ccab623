// SPDX-License-Identifier: MIT
// Making and reading the elements of constant tensors.
#pragma once

#include <algorithm>

#include <dsi/import/evaluate.hpp>
#include <dsi/import/onnx_graph.hpp>

namespace DSI_NAMESPACE::import::detail {

inline shape shape_from(std::vector<index> const& dims) {
  shape s;
  for (index d : dims) s.push_back(d);
  return s;
}
inline std::vector<index> dims_of(shape const& s) { return {s.dim, s.dim + s.rank}; }
/// -1 when the product overflows or an extent is negative.
inline index elements_of(std::vector<index> const& dims) {
  index n = 1;
  for (index d : dims) n = checked_product(n, d);
  return n;
}
/// Zeros. Precondition: the bytes were found to fit.
inline onnx_tensor blank(dtype type, std::vector<index> dims) {
  onnx_tensor t;
  t.type = type;
  t.dims = std::move(dims);
  t.bytes.resize(static_cast<std::size_t>(elements_of(t.dims) * size_of(type)));
  return t;
}
/// The same values in another type, by the rules of dsi::cast.
inline onnx_tensor converted(onnx_tensor const& x, dtype to) {
  onnx_tensor y = blank(to, x.dims);
  y.name = x.name;
  convert_elements(x.type, x.bytes.data(), to, y.bytes.data(), x.size());
  return y;
}
/// One number, by the rules of dsi::cast.
template <class T>
onnx_tensor scalar_tensor(dtype type, T value) {
  onnx_tensor t = blank(type, {});
  convert_elements(dtype_of<T>, &value, type, t.bytes.data(), 1);
  return t;
}
/// Element i of an integer or bool tensor; unsigned numbers beyond the largest index count as that.
inline std::int64_t integer_at(onnx_tensor const& t, index i) {
  return visit_dtype(t.type, [&]<class T>(T) -> std::int64_t {
    if constexpr (std::is_same_v<T, std::uint64_t>) return static_cast<std::int64_t>(std::min(t.at<T>(i), static_cast<std::uint64_t>(std::numeric_limits<index>::max())));
    else if constexpr (std::is_integral_v<T>) return static_cast<std::int64_t>(t.at<T>(i));
    else return convert<std::int64_t>(t.at<T>(i));
  });
}
inline std::vector<std::int64_t> integers_of(onnx_tensor const& t) {
  std::vector<std::int64_t> v;
  for (index i = 0; i < t.size(); ++i) v.push_back(integer_at(t, i));
  return v;
}
inline onnx_tensor from_integers(std::vector<std::int64_t> const& v) {
  return make_tensor<std::int64_t>({}, {static_cast<index>(v.size())}, v);
}

}  // namespace DSI_NAMESPACE::import::detail
