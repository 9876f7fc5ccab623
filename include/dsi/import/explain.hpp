// SPDX-License-Identifier: MIT
// Why an operator refused its inputs, in the words of somebody who has an ONNX file and not a C++ type.
#pragma once

#include <string>

#include <dsi/op/operator.hpp>

namespace DSI_NAMESPACE::import {

struct explanation {
  std::string what, remedy;
};

namespace detail {

/// The words A and B replaced by what stands for them.
inline std::string with_numbers(std::string_view text, std::string const& a, std::string const& b) {
  auto const letter = [&](std::size_t i) { return i < text.size() && ((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') || text[i] == '_'); };
  std::string s;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool const alone = (text[i] == 'A' || text[i] == 'B') && !letter(i + 1) && (i == 0 || !letter(i - 1));
    if (alone) s += text[i] == 'A' ? a : b;
    else s += text[i];
  }
  return s;
}
inline std::string type_name(index t) {
  return t >= 0 && t <= static_cast<index>(dtype::boolean) ? std::string(name_of(static_cast<dtype>(t))) : std::to_string(t);
}
/// "[1, 3, 224, 224]"
inline std::string extents_text(tensor_desc const& d) {
  std::string s = "[";
  for (int i = 0; i < d.rank(); ++i) s += (i > 0 ? ", " : "") + std::to_string(d[i]);
  return s + "]";
}

}  // namespace detail

inline explanation explain(inferred const& y) {
  std::string const a = std::to_string(y.a), b = std::to_string(y.b);
  switch (y.reason) {
    case invalid::input_count: return {"needs " + a + " inputs and has " + b, "export the model again"};
    case invalid::input_type: return {"input " + a + " is " + detail::type_name(y.b) + ", which it does not take", "put a Cast before it"};
    case invalid::types_differ:
      return {"its inputs are " + detail::type_name(y.a) + " and " + detail::type_name(y.b), "put a Cast before one of them, so that both are of one type"};
    case invalid::rank: return {"needs a tensor of rank " + a + " and gets one of rank " + b, "put a Reshape before it"};
    case invalid::broadcast: return {"extents " + a + " and " + b + " neither match nor broadcast", "correct the shapes of its inputs, or DIMS"};
    case invalid::dense_inputs: return {"its weight takes " + a + " inputs and gets " + b, "correct the shapes of its inputs, or DIMS"};
    case invalid::matmul_inner: return {"the inner extents " + a + " and " + b + " differ", "correct the shapes of its inputs, or DIMS"};
    case invalid::conv_channels: return {"its weight takes " + a + " channels and gets " + b, "correct the weight or the number of channels before it"};
    case invalid::conv_groups: return {a + " channels cannot be divided into " + b + " groups", "correct the attribute group"};
    case invalid::window:
      return {"its window of " + a + " elements does not fit the extent " + b, "feed larger inputs (DIMS), or correct kernel_shape, dilations or pads"};
    case invalid::positive: return {"a number that must be positive is " + b + " (number " + a + ")", "correct its attributes and constant inputs"};
    case invalid::bias_extent: return {"its bias has " + b + " elements for " + a + " outputs", "correct the bias"};
    case invalid::parameter_extent: return {"a parameter needs " + a + " elements and has " + b, "correct the parameter"};
    case invalid::axis: return {"axis " + a + " does not exist in a tensor of rank " + b, "correct the attribute axis"};
    case invalid::concat_extent: return {"its inputs have extents " + a + " and " + b + " in a dimension other than the axis", "correct the shapes of its inputs"};
    case invalid::reshape_size: return {a + " elements cannot become " + b + " elements", "correct the shape, or DIMS"};
    case invalid::slice_range: return {"asks for " + a + " where the extent is " + b, "correct its attributes and constant inputs"};
    case invalid::permutation: return {"perm does not name each of the " + b + " dimensions once", "correct the attribute perm"};
    case invalid::overflow: return {"its result has more elements than fit", "reduce the extents"};
    default: break;
  }
  std::string const text = detail::with_numbers(text_of(y.reason), a, b);
  auto const end = text.find("; ");
  return {text.substr(0, end), end == std::string::npos ? std::string() : text.substr(end + 2)};
}

}  // namespace DSI_NAMESPACE::import
