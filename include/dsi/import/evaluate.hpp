// SPDX-License-Identifier: MIT
// Computes an operator on the host with the reference loops: constant folding, and the check of rewrites.
#pragma once

#include <dsi/backend/reference/backend.hpp>
#include <dsi/import/operator_value.hpp>

namespace DSI_NAMESPACE::import::detail {

template <class Value, class T>
bool evaluate_elementwise(Value const& op, std::vector<tensor_desc> const& in, std::vector<void const*> const& x, tensor_desc const& out, void* y) {
  using V = compute_t<T>;
  std::vector<reference::view<T const>> views;
  for (std::size_t i = 0; i < in.size(); ++i) views.emplace_back(static_cast<T const*>(x[i]), in[i]);
  reference::view<T> const to(static_cast<T*>(y), out);
  reference::position p;
  if (out.size() == 0) return true;
  do {
    auto const at = [&](std::size_t i) { return static_cast<V>(views[i].broadcast(p, out.rank())); };
    if constexpr (requires { op.apply(V{}); }) to(p) = static_cast<T>(op.apply(at(0)));
    else if constexpr (requires { op.apply(V{}, V{}); }) to(p) = static_cast<T>(op.apply(at(0), at(1)));
    else if constexpr (requires { op.apply(V{}, V{}, V{}); }) to(p) = static_cast<T>(op.apply(at(0), at(1), at(2)));
    else if constexpr (requires { op.apply(V{}, V{}, V{}, V{}, V{}); }) to(p) = static_cast<T>(op.apply(at(0), at(1), at(2), at(3), at(4)));
    else return false;
  } while (reference::next(p, out.extents));
  return true;
}

template <class Value, class T>
bool evaluate_structural(Value const& op, std::vector<tensor_desc> const& in, std::vector<void const*> const& x, std::vector<tensor_desc> const& out,
                         std::vector<void*> const& y) {
  std::vector<reference::view<T const>> ins;
  std::vector<reference::view<T>> outs;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i].type != in[0].type) return false;
    ins.emplace_back(static_cast<T const*>(x[i]), in[i]);
  }
  for (std::size_t i = 0; i < out.size(); ++i) outs.emplace_back(static_cast<T*>(y[i]), out[i]);
  reference::implementation<Value>::template run<T>(op, {ins.data(), static_cast<int>(ins.size()), outs.data(), static_cast<int>(outs.size())});
  return true;
}

template <class Value>
bool operator_of<Value>::evaluate(std::vector<tensor_desc> const& in, std::vector<void const*> const& x, std::vector<tensor_desc> const& out,
                                  std::vector<void*> const& y) const {
  if (in.empty()) return false;
  auto const with = [&]<class T>(T) {
    if constexpr (requires { Value::arity; }) return evaluate_elementwise<Value, T>(value_, in, x, out[0], y[0]);
    else if constexpr (reference::implemented<Value>) return evaluate_structural<Value, T>(value_, in, x, out, y);
    else return false;
  };
  switch (in[0].type) {
    case dtype::f32: return with(float{});
    case dtype::f64: return with(double{});
    case dtype::f16: return with(half{});
    case dtype::bf16: return with(bfloat16{});
    default: return false;
  }
}

}  // namespace DSI_NAMESPACE::import::detail
