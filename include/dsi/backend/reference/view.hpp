// SPDX-License-Identifier: MIT
// A tensor in memory, indexed by ONNX dimensions whatever its layout. For the reference backend: obviously right, not fast.
#pragma once

#include <dsi/kernel/pack.hpp>

namespace DSI_NAMESPACE::reference {

/// A position in a tensor, one index per ONNX dimension.
struct position {
  index at[max_rank]{};
  constexpr index& operator[](int i) { return at[i]; }
  constexpr index operator[](int i) const { return at[i]; }
};

/// Steps to the next position in row-major order; false after the last one.
constexpr bool next(position& p, shape const& s) {
  for (int i = s.rank - 1; i >= 0; --i) {
    if (++p.at[i] < s.dim[i]) return true;
    p.at[i] = 0;
  }
  return false;
}

/// Elements of type T of a tensor. Packed weights are understood too, so that a fallback needs no second copy.
template <class T>
struct view {
  T* data = nullptr;
  tensor_desc desc{};
  shape strides{};
  panel_shape panels{};
  int groups_dim = 0;  ///< 1 when dimension 0 counts groups or directions

  constexpr view() = default;
  constexpr view(T* first, tensor_desc const& d) : data(first), desc(d), strides(strides_of(d)) {}
  /// A weight in its role (`spatial` of its dimensions are a window's).
  constexpr view(T* first, tensor_desc const& d, int spatial) : view(first, d) {
    if (d.order != layout::panels) return;
    panels = panels_of(d, spatial);
    groups_dim = d.rank() - 2 - spatial;
  }

  constexpr int rank() const { return desc.rank(); }
  constexpr index operator[](int dim) const { return desc[dim]; }
  constexpr index size() const { return desc.size(); }
  constexpr explicit operator bool() const { return data != nullptr; }

  constexpr index offset(position const& p) const {
    if (desc.order == layout::panels) {
      index const g = groups_dim == 1 ? p[0] : 0;
      index tap = 0;
      for (int i = groups_dim + 2; i < rank(); ++i) tap = tap * desc[i] + p[i];
      return panels.offset(g, p[groups_dim], tap * panels.channels + p[groups_dim + 1]);
    }
    if (desc.order == layout::taps) {
      index tap = 0;
      for (int i = 3; i < rank(); ++i) tap = tap * desc[i] + p[i];
      return tap * round_up(desc[0], panel_width) + p[0];
    }
    index o = 0;
    for (int i = 0; i < rank(); ++i) o += p[i] * strides.dim[i];
    return o;
  }
  constexpr T& operator()(position const& p) const { return data[offset(p)]; }
  template <class... I>
    requires(std::is_convertible_v<I, index> && ...)
  constexpr T& operator()(I... i) const { return data[offset(position{{static_cast<index>(i)...}})]; }

  /// The element that broadcasting puts at position p of a tensor of rank `to`.
  constexpr T& broadcast(position const& p, int to) const {
    position mine;
    for (int i = 0; i < rank(); ++i) mine[i] = desc[i] == 1 ? 0 : p[i + to - rank()];
    return data[offset(mine)];
  }
};

/// A group's tensors, all of element type T.
template <class T>
struct operands {
  view<T const> const* in = nullptr;
  int inputs = 0;
  view<T> const* out = nullptr;
  int outputs = 0;
};

/// A node's tensors whose element types are known at run time alone: for the import tool.
class untyped_operands {
 public:
  untyped_operands(tensor_desc const* in_desc, void const* const* in, tensor_desc const* out_desc, void* const* out)
      : in_desc_(in_desc), out_desc_(out_desc), in_(in), out_(out) {}
  tensor_desc const& in_desc(int i) const { return in_desc_[i]; }
  tensor_desc const& out_desc(int o) const { return out_desc_[o]; }
  /// Precondition: T is the tensor's element type.
  template <class T>
  view<T const> in(int i) const { return {static_cast<T const*>(in_[i]), in_desc_[i]}; }
  template <class T>
  view<T> out(int o) const { return {static_cast<T*>(out_[o]), out_desc_[o]}; }
  void const* const* inputs() const { return in_; }
  void* const* outputs() const { return out_; }

 private:
  tensor_desc const *in_desc_, *out_desc_;
  void const* const* in_;
  void* const* out_;
};

}  // namespace DSI_NAMESPACE::reference
