// SPDX-License-Identifier: MIT
// Computes an operator on the host, for every element type that it takes: with its own apply() or its reference loops.
// Constant folding and the checks of rewrites use it, so that a constant has the value that the run would give.
#pragma once

#include <array>
#include <cstring>

#include <dsi/backend/reference/backend.hpp>
#include <dsi/import/operator_value.hpp>
#include <dsi/op/cast.hpp>
#include <dsi/op/element_types.hpp>

namespace DSI_NAMESPACE::import::detail {

/// What an operator is computed for: its own list, or else floats.
template <class Value>
constexpr dtype_set evaluated_types() {
  if constexpr (requires { Value::types; }) return Value::types;
  else return float_types;
}
inline constexpr std::size_t most_operands = 5;
inline constexpr index chunk = 1024;  ///< elements that are computed together

/// Walks the elements that an operand shows at the positions of a result, which it broadcasts to, block by block.
class broadcast_walk {
 public:
  broadcast_walk(tensor_desc const& x, shape const& to) : to_(to) {
    shape const own = strides_of(x);
    for (int d = 0; d < x.rank(); ++d) step_[d + to.rank - x.rank()] = x[d] == 1 ? 0 : own[d];
  }
  /// Calls f(first element, step, count) for runs that cover the next n positions together.
  template <class F>
  void next(index n, F const& f) {
    int const last = to_.rank - 1;
    while (n > 0) {
      index const run = last < 0 ? 1 : smaller(n, to_[last] - at_[last]);
      f(offset_, last < 0 ? index{0} : step_[last], run);
      n -= run;
      if (last < 0) return;
      at_[last] += run;
      offset_ += run * step_[last];
      for (int d = last; d > 0 && at_[d] == to_[d]; --d) {
        offset_ += step_[d - 1] - at_[d] * step_[d];
        at_[d] = 0;
        ++at_[d - 1];
      }
    }
  }

 private:
  shape to_;
  index at_[max_rank]{}, step_[max_rank]{}, offset_ = 0;
};

/// The next n elements as numbers of type V; bool counts as 0 and 1.
template <class T, class V>
void load_elements(void const* x, broadcast_walk& walk, V* y, index n) {
  walk.next(n, [x, &y](index first, index step, index count) {
    T const* from = static_cast<T const*>(x) + first;
    for (index i = 0; i < count; ++i) y[i] = static_cast<V>(from[i * step]);
    y += count;
  });
}
template <class V>
void load_elements_of(dtype t, void const* x, broadcast_walk& walk, V* y, index n) {
  if (t == dtype::boolean) return load_elements<bool>(x, walk, y, n);
  if constexpr (std::is_same_v<V, float>) {
    if (t == dtype::f16) return load_elements<half>(x, walk, y, n);
    if (t == dtype::bf16) return load_elements<bfloat16>(x, walk, y, n);
  }
  load_elements<V>(x, walk, y, n);
}
template <class V>
void store_elements(dtype t, V const* x, void* y, index first, index n) {
  auto const store = [&]<class T>(T* to) {
    for (index i = 0; i < n; ++i) to[first + i] = static_cast<T>(x[i]);
  };
  if (t == dtype::boolean) return store(static_cast<bool*>(y));
  if constexpr (std::is_same_v<V, float>) {
    if (t == dtype::f16) return store(static_cast<half*>(y));
    if (t == dtype::bf16) return store(static_cast<bfloat16*>(y));
  }
  store(static_cast<V*>(y));
}

template <class Value, class V>
void apply_elements(Value const& op, V const (*x)[chunk], V* y, index n) {
  for (index i = 0; i < n; ++i) {
    if constexpr (requires { op.apply(V{}); }) y[i] = op.apply(x[0][i]);
    else if constexpr (requires { op.apply(V{}, V{}); }) y[i] = op.apply(x[0][i], x[1][i]);
    else if constexpr (requires { op.apply(V{}, V{}, V{}); }) y[i] = op.apply(x[0][i], x[1][i], x[2][i]);
    else y[i] = op.apply(x[0][i], x[1][i], x[2][i], x[3][i], x[4][i]);
  }
}

template <class Value, class V>
void evaluate_elements(Value const& op, std::vector<tensor_desc> const& in, std::vector<void const*> const& x, tensor_desc const& out, void* y) {
  std::vector<broadcast_walk> walks;
  for (tensor_desc const& d : in) walks.emplace_back(d, out.extents);
  auto const numbers = std::make_unique<std::array<V[chunk], most_operands + 1>>();
  for (index first = 0; first < out.size(); first += chunk) {
    index const n = smaller(chunk, out.size() - first);
    for (std::size_t i = 0; i < in.size(); ++i) load_elements_of<V>(in[i].type, x[i], walks[i], (*numbers)[i], n);
    apply_elements<Value, V>(op, numbers->data(), (*numbers)[most_operands], n);
    store_elements<V>(out.type, (*numbers)[most_operands], y, first, n);
  }
}

/// As a map kernel computes it: in the type of the first input that is not bool, bool tensors as that type's 0 and 1.
template <class Value>
bool evaluate_elementwise(Value const& op, std::vector<tensor_desc> const& in, std::vector<void const*> const& x, tensor_desc const& out, void* y) {
  if (in.size() > most_operands) return false;
  dtype number = dtype::boolean;
  for (tensor_desc const& d : in) {
    if (d.type == dtype::boolean) continue;
    if (number != dtype::boolean && d.type != number) return false;
    number = d.type;
  }
  if (out.type != number && out.type != dtype::boolean) return false;
  return visit_dtype(number, [&]<class T>(T) {
    if constexpr (contains(evaluated_types<Value>(), dtype_of<T>)) return evaluate_elements<Value, compute_t<T>>(op, in, x, out, y), true;
    else return false;
  });
}

/// The type that stands for another one of its size where elements are only moved.
template <class T>
using same_size_t = std::conditional_t<sizeof(T) == 1, std::uint8_t,
                                       std::conditional_t<sizeof(T) == 2, std::uint16_t, std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>>;

/// With the operator's reference loops.
template <class Value, class T>
void run_reference(Value const& op, std::vector<tensor_desc> const& in, std::vector<void const*> const& x, std::vector<tensor_desc> const& out,
                   std::vector<void*> const& y) {
  std::vector<reference::view<T const>> ins;
  std::vector<reference::view<T>> outs;
  for (std::size_t i = 0; i < in.size(); ++i) ins.emplace_back(static_cast<T const*>(x[i]), in[i]);
  for (std::size_t i = 0; i < out.size(); ++i) outs.emplace_back(static_cast<T*>(y[i]), out[i]);
  reference::implementation<Value>::template run<T>(op, {ins.data(), static_cast<int>(ins.size()), outs.data(), static_cast<int>(outs.size())});
}
template <class Value>
bool evaluate_structural(Value const& op, std::vector<tensor_desc> const& in, std::vector<void const*> const& x, std::vector<tensor_desc> const& out,
                         std::vector<void*> const& y) {
  for (tensor_desc const& d : in)
    if (d.type != in[0].type) return false;
  for (tensor_desc const& d : out)
    if (d.type != in[0].type) return false;
  return visit_dtype(in[0].type, [&]<class T>(T) {
    if constexpr (requires { Value::moves_elements; }) return run_reference<Value, same_size_t<T>>(op, in, x, out, y), true;
    else if constexpr (contains(evaluated_types<Value>(), dtype_of<T>)) return run_reference<Value, T>(op, in, x, out, y), true;
    else return false;
  });
}

/// Operators whose input 1 holds indices: elements are moved, whatever they are.
template <class Value>
bool evaluate_indexed(Value const& op, std::vector<tensor_desc> const& in, std::vector<void const*> const& x, tensor_desc const& out, void* y) {
  if (in.size() != 2 || out.type != in[0].type || (in[1].type != dtype::i32 && in[1].type != dtype::i64)) return false;
  auto const run = [&]<class T, class I>(T, I) {
    reference::implementation<Value>::run_indexed(op, reference::view<T const>(static_cast<T const*>(x[0]), in[0]), reference::view<I const>(static_cast<I const*>(x[1]), in[1]),
                                                  reference::view<T>(static_cast<T*>(y), out));
    return true;
  };
  return visit_dtype(in[0].type, [&]<class T>(T) {
    using size = same_size_t<T>;
    return in[1].type == dtype::i32 ? run(size{}, std::int32_t{}) : run(size{}, std::int64_t{});
  });
}

/// n elements as another type, by the rules of dsi::cast.
inline void convert_elements(dtype from, void const* x, dtype to, void* y, index n) {
  visit_dtype(from, [&]<class From>(From) {
    visit_dtype(to, [&]<class To>(To) {
      for (index i = 0; i < n; ++i) static_cast<To*>(y)[i] = convert<To>(static_cast<From const*>(x)[i]);
    });
  });
}

template <class Value>
bool operator_of<Value>::evaluate(std::vector<tensor_desc> const& in, std::vector<void const*> const& x, std::vector<tensor_desc> const& out,
                                  std::vector<void*> const& y) const {
  if (in.empty() || out.empty()) return false;
  if (traits({in.data(), static_cast<int>(in.size())}).view) {
    if (in[0].type != out[0].type || in[0].size() != out[0].size()) return false;
    if (in[0].size() > 0) std::memcpy(y[0], x[0], static_cast<std::size_t>(in[0].bytes()));
    return true;
  }
  if constexpr (std::is_same_v<Value, cast_attributes>) {
    if (in[0].size() != out[0].size()) return false;
    convert_elements(in[0].type, x[0], out[0].type, y[0], in[0].size());
    return true;
  } else if constexpr (requires { Value::arity; } || requires(Value v) { v.apply(1.f, 1.f, 1.f, 1.f, 1.f); }) {
    return evaluate_elementwise(value_, in, x, out[0], y[0]);
  } else if constexpr (requires(reference::untyped_operands const& all) { reference::implementation<Value>::run_untyped(value_, all); }) {
    return reference::implementation<Value>::run_untyped(value_, {in.data(), x.data(), out.data(), y.data()});
  } else if constexpr (requires { Value::chooses_by_index; }) {
    return evaluate_indexed(value_, in, x, out[0], y[0]);
  } else if constexpr (reference::implemented<Value>) {
    return evaluate_structural(value_, in, x, out, y);
  } else {
    return false;
  }
}

}  // namespace DSI_NAMESPACE::import::detail
