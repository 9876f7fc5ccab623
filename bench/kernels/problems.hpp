// SPDX-License-Identifier: MIT
// Problems of the micro-benchmarks: an operator, a fused expression, shapes, a numeric type, memory orders as a planned network has them.
#pragma once

#include <string>

#include <dsi/dsi.hpp>

namespace bench {

using dsi::index;
using dsi::layout;

template <class T>
constexpr char const* type_name = "float";
template <>
inline constexpr char const* type_name<dsi::half> = "half";
template <>
inline constexpr char const* type_name<dsi::bfloat16> = "bfloat16";

/// y = relu(W x + b)
template <class T, index Rows, index In, index Out>
struct dense_relu {
  using type = dsi::problem<dsi::fused<dsi::dense<Out>, dsi::apply<dsi::relu, dsi::acc>>,
                            dsi::tensor_list<dsi::tensor<T, dsi::extents<Rows, In>>, dsi::tensor<T, dsi::extents<Out, In>, layout::panels>, dsi::tensor<T, dsi::extents<Out>>>,
                            dsi::tensor_list<dsi::tensor<T, dsi::extents<Rows, Out>>>>;
  static std::string name() { return "dense " + std::to_string(Rows) + "x" + std::to_string(In) + "-" + std::to_string(Out) + "/" + type_name<T>; }
};

/// 2d, square image and window, padding that keeps the size.
template <class T, index Channels, index Out, index Size, index Kernel, index Stride = 1, index Groups = 1>
struct conv_relu {
  static constexpr index pad = Kernel / 2, out = (Size + 2 * pad - Kernel) / Stride + 1;
  static constexpr dsi::conv2d_attributes attributes{.out = Out, .kernel = {Kernel, Kernel}, .stride = {Stride, Stride}, .pad = {pad, pad, pad, pad}, .groups = Groups};
  using weight = std::conditional_t<(Groups > 1), dsi::tensor<T, dsi::extents<Groups, Out / Groups, Channels / Groups, Kernel, Kernel>, layout::taps>,
                                    dsi::tensor<T, dsi::extents<Out, Channels, Kernel, Kernel>, layout::panels>>;
  using type = dsi::problem<dsi::fused<dsi::conv2d<attributes>, dsi::apply<dsi::relu, dsi::acc>>,
                            dsi::tensor_list<dsi::tensor<T, dsi::extents<1, Channels, Size, Size>, layout::channels_last>, weight, dsi::tensor<T, dsi::extents<Out>>>,
                            dsi::tensor_list<dsi::tensor<T, dsi::extents<1, Out, out, out>, layout::channels_last>>>;
  static std::string name() {
    return std::string(Groups > 1 ? "depthwise " : "conv ") + std::to_string(Kernel) + "x" + std::to_string(Kernel) + (Stride > 1 ? "/" + std::to_string(Stride) : "") + " " +
           std::to_string(Channels) + "-" + std::to_string(Out) + " " + std::to_string(Size) + "x" + std::to_string(Size) + "/" + type_name<T>;
  }
};

/// An elementwise function of a whole tensor.
template <class T, class Function, index Size>
struct elementwise {
  using type = dsi::problem<dsi::map<dsi::apply<Function, dsi::arg<0>>>, dsi::tensor_list<dsi::tensor<T, dsi::extents<Size>>>, dsi::tensor_list<dsi::tensor<T, dsi::extents<Size>>>>;
  static std::string name() { return std::string(Function::name) + " " + std::to_string(Size) + "/" + type_name<T>; }
};

}  // namespace bench
