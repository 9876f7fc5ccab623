// SPDX-License-Identifier: MIT
// Why an operator refuses its inputs: one list of texts for the compiler's errors and the import tool's.
#pragma once

#include <string_view>

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE {

// X(name, text). In the texts, A and B are the two numbers that come with the reason.
#define DSI_INVALID_REASONS(X)                                                                                           \
  X(input_count, "the operator takes another number of inputs: it needs A and has B; add or remove inputs of the node")  \
  X(input_type, "this operator does not take this element type (input A, dsi::dtype B); convert with dsi::cast<...>")    \
  X(types_differ, "the inputs have different element types (dsi::dtype A and B); convert one of them with dsi::cast<...>") \
  X(rank, "the operator needs rank A, the layer before gives rank B; use dsi::reshape<...> before it")                   \
  X(too_many_dims, "a tensor has B dimensions, dsi supports A; merge some with dsi::reshape<...>")                       \
  X(broadcast, "extents A and B neither match nor broadcast; change the layer before or reshape one operand")            \
  X(dense_inputs, "dsi::dense: the weight has A inputs but the layer before gives B; change dense<...> or the layer before it") \
  X(outputs_missing, "the layer has no outputs: its attribute out is A and its weight gives B; say how many, as dense<10> or conv2d<{.out = 8}>") \
  X(outputs_differ, "the attribute out says A outputs but the weight gives B; correct one of them")                      \
  X(matmul_inner, "dsi::matmul: the inner extents A and B differ; transpose or reshape one operand")                     \
  X(conv_channels, "dsi::conv: the weight expects A input channels but the layer before gives B; change the weight or the layer before it") \
  X(conv_groups, "dsi::conv: A channels cannot be divided into B groups; change groups or the number of channels")       \
  X(conv_padding, "dsi::conv: padding attribute number A is B, which is negative; crop with dsi::slice<...> before it")   \
  X(window, "the window of A elements does not fit into the padded extent B; reduce kernel, dilation or pooling, or pad more") \
  X(pool_padding, "padding of A elements is negative or as wide as the pooling window, which reaches over B; pad less, or use dsi::pad before it") \
  X(positive, "attribute number A must be positive and is B; correct the node's attributes")                             \
  X(bias_extent, "the bias has B elements but the layer has A outputs; change the bias")                                 \
  X(parameter_extent, "a per-channel parameter needs A elements and has B; change the parameter")                        \
  X(channel_extent, "dsi::batch_norm: input A must have the channels at dimension 1 of x, and 1 elsewhere, to broadcast: [B], with a 1 for each dimension of x behind the channels (scale [C, 1, 1] for x [N, C, H, W])") \
  X(slope_extent, "dsi::prelu: the slope must broadcast to x, not x to it (extents A and B differ in rank or in a dimension); reshape the slope or expand x") \
  X(axis, "axis A does not exist in a tensor of rank B; use an axis from -rank to rank-1")                               \
  X(gather_empty, "dimension A, which the B indices choose from, is empty; there is nothing to choose")                   \
  X(top_k_extent, "A elements are wanted of a dimension that has B; choose a k from 0 to B")                                \
  X(square, "matrices of A rows and B columns are not square; change the layer before")                                   \
  X(concat_extent, "dsi::concat: the inputs differ (A and B) in a dimension other than the axis; pad or slice one of them") \
  X(reshape_size, "dsi::reshape: A elements cannot become B elements; change the new extents")                           \
  X(slice_range, "dsi::slice: the range ends at A but the extent is B; change starts, steps or sizes")                   \
  X(permutation, "dsi::transpose: the permutation of rank A is not one of 0..B-1; list every dimension once")            \
  X(attention_heads, "dsi::attention: A query heads or features cannot be divided among B heads; change heads or key_heads")             \
  X(recurrent_weight, "the recurrent weight needs extent A and has B; weights are [directions, gates*hidden, inputs] and [directions, gates*hidden, hidden]") \
  X(quantized_edge, "the operator computes with the values of input A, but affine<...> bytes stand for them (dsi::dtype B); put dsi::dequantize<> before it") \
  X(overflow, "an input, parameter or output has extents that are negative or multiply to more than fits; reduce them")                 \
  X(custom, "the operator's own infer() refused its inputs (A, B); see the operator's documentation")

enum class invalid : std::uint8_t {
  none,
#define DSI_X(Name, Text) Name,
  DSI_INVALID_REASONS(DSI_X)
#undef DSI_X
};

constexpr std::string_view text_of(invalid reason) {
  switch (reason) {
    case invalid::none: break;
#define DSI_X(Name, Text) \
  case invalid::Name: return Text;
      DSI_INVALID_REASONS(DSI_X)
#undef DSI_X
  }
  return "valid";
}

}  // namespace DSI_NAMESPACE
