// SPDX-License-Identifier: MIT
// Which kind of value each attribute of the standard operators holds, opset 7 and later.
#pragma once

#include <algorithm>
#include <iterator>

#include <dsi/import/onnx_graph.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {
struct attribute_rule {
  std::string_view name;
  attribute_kind kind;
};
/// From the schemas of onnx 1.23. A name means the same kind in every operator; the two that do not are in kind_of().
inline constexpr attribute_rule attribute_rules[] = {
    {"activation", attribute_kind::text}, {"activation_alpha", attribute_kind::reals},
    {"activation_beta", attribute_kind::reals}, {"activations", attribute_kind::texts},
    {"align_corners", attribute_kind::integer}, {"allowzero", attribute_kind::integer},
    {"alpha", attribute_kind::real}, {"antialias", attribute_kind::integer}, {"approximate", attribute_kind::text},
    {"auto_pad", attribute_kind::text}, {"axes", attribute_kind::integers}, {"axis", attribute_kind::integer},
    {"batch_axis", attribute_kind::integer}, {"batch_dims", attribute_kind::integer}, {"beta", attribute_kind::real},
    {"bias", attribute_kind::real}, {"block_size", attribute_kind::integer}, {"blocksize", attribute_kind::integer},
    {"body", attribute_kind::graph}, {"case_change_action", attribute_kind::text},
    {"ceil_mode", attribute_kind::integer}, {"center_point_box", attribute_kind::integer},
    {"chunk_size", attribute_kind::integer}, {"clip", attribute_kind::real},
    {"coordinate_transformation_mode", attribute_kind::text}, {"count_include_pad", attribute_kind::integer},
    {"cubic_coeff_a", attribute_kind::real}, {"delimiter", attribute_kind::text},
    {"detect_negative", attribute_kind::integer}, {"detect_positive", attribute_kind::integer},
    {"dilations", attribute_kind::integers}, {"direction", attribute_kind::text},
    {"directions", attribute_kind::integers}, {"dtype", attribute_kind::integer},
    {"else_branch", attribute_kind::graph}, {"end", attribute_kind::integer}, {"ends", attribute_kind::integers},
    {"epsilon", attribute_kind::real}, {"equation", attribute_kind::text},
    {"exclude_outside", attribute_kind::integer}, {"exclusive", attribute_kind::integer},
    {"extrapolation_value", attribute_kind::real}, {"fmod", attribute_kind::integer}, {"gamma", attribute_kind::real},
    {"group", attribute_kind::integer}, {"hidden_size", attribute_kind::integer}, {"high", attribute_kind::real},
    {"ignore_index", attribute_kind::integer}, {"input_forget", attribute_kind::integer},
    {"interleaved", attribute_kind::integer}, {"inverse", attribute_kind::integer},
    {"is_case_sensitive", attribute_kind::integer}, {"is_causal", attribute_kind::integer},
    {"k", attribute_kind::integer}, {"keep_aspect_ratio_policy", attribute_kind::text},
    {"keepdims", attribute_kind::integer}, {"kernel_shape", attribute_kind::integers},
    {"kv_num_heads", attribute_kind::integer}, {"lambd", attribute_kind::real}, {"largest", attribute_kind::integer},
    {"layout", attribute_kind::integer}, {"left_window_size", attribute_kind::integer},
    {"linear_before_reset", attribute_kind::integer}, {"locale", attribute_kind::text}, {"low", attribute_kind::real},
    {"max", attribute_kind::real}, {"max_gram_length", attribute_kind::integer},
    {"max_skip_count", attribute_kind::integer}, {"maxsplit", attribute_kind::integer},
    {"mean", attribute_kind::real}, {"min", attribute_kind::real}, {"min_gram_length", attribute_kind::integer},
    {"mode", attribute_kind::text}, {"momentum", attribute_kind::real}, {"nearest_mode", attribute_kind::text},
    {"new_axis", attribute_kind::integer}, {"ngram_counts", attribute_kind::integers},
    {"ngram_indexes", attribute_kind::integers}, {"noop_with_empty_axes", attribute_kind::integer},
    {"num_groups", attribute_kind::integer}, {"num_heads", attribute_kind::integer},
    {"num_outputs", attribute_kind::integer}, {"num_scan_inputs", attribute_kind::integer},
    {"offset_group", attribute_kind::integer}, {"onesided", attribute_kind::integer},
    {"output_datatype", attribute_kind::integer}, {"output_dtype", attribute_kind::integer},
    {"output_height", attribute_kind::integer}, {"output_padding", attribute_kind::integers},
    {"output_shape", attribute_kind::integers}, {"output_width", attribute_kind::integer},
    {"p", attribute_kind::integer}, {"padding_mode", attribute_kind::text}, {"pads", attribute_kind::integers},
    {"pattern", attribute_kind::text}, {"periodic", attribute_kind::integer}, {"perm", attribute_kind::integers},
    {"pixel_format", attribute_kind::text}, {"pool_int64s", attribute_kind::integers},
    {"pool_strings", attribute_kind::texts}, {"pooled_shape", attribute_kind::integers},
    {"precision", attribute_kind::integer}, {"q_num_heads", attribute_kind::integer},
    {"qk_matmul_output_mode", attribute_kind::integer}, {"ratio", attribute_kind::real},
    {"reduction", attribute_kind::text}, {"reverse", attribute_kind::integer},
    {"right_window_size", attribute_kind::integer}, {"rotary_embedding_dim", attribute_kind::integer},
    {"round_mode", attribute_kind::text}, {"sample_size", attribute_kind::integer},
    {"sampling_ratio", attribute_kind::integer}, {"saturate", attribute_kind::integer},
    {"scale", attribute_kind::real}, {"scales", attribute_kind::reals}, {"scan_input_axes", attribute_kind::integers},
    {"scan_input_directions", attribute_kind::integers}, {"scan_output_axes", attribute_kind::integers},
    {"scan_output_directions", attribute_kind::integers}, {"select_last_index", attribute_kind::integer},
    {"shape", attribute_kind::integers}, {"size", attribute_kind::integer}, {"softcap", attribute_kind::real},
    {"softmax_precision", attribute_kind::integer}, {"sorted", attribute_kind::integer},
    {"spatial", attribute_kind::integer}, {"spatial_scale", attribute_kind::real},
    {"split", attribute_kind::integers}, {"start", attribute_kind::integer}, {"starts", attribute_kind::integers},
    {"stash_type", attribute_kind::integer}, {"stopwords", attribute_kind::texts},
    {"storage_order", attribute_kind::integer}, {"strides", attribute_kind::integers},
    {"then_branch", attribute_kind::graph}, {"time_axis", attribute_kind::integer}, {"to", attribute_kind::integer},
    {"training_mode", attribute_kind::integer}, {"transA", attribute_kind::integer},
    {"transB", attribute_kind::integer}, {"update_rule", attribute_kind::text}, {"upper", attribute_kind::integer},
    {"value_float", attribute_kind::real}, {"value_floats", attribute_kind::reals},
    {"value_int", attribute_kind::integer}, {"value_ints", attribute_kind::integers},
    {"value_string", attribute_kind::text}, {"value_strings", attribute_kind::texts},
    {"weights", attribute_kind::reals},
};
static_assert(std::is_sorted(std::begin(attribute_rules), std::end(attribute_rules),
                             [](attribute_rule const& a, attribute_rule const& b) { return a.name < b.name; }));
}  // namespace detail

/// The kind that the standard gives an attribute, or nothing for names that it does not know.
constexpr std::optional<attribute_kind> kind_of(std::string_view op_type, std::string_view attribute) {
  if (attribute == "value") return op_type == "Pad" ? attribute_kind::real : attribute_kind::tensor;
  if (attribute == "seed") return op_type == "Dropout" ? attribute_kind::integer : attribute_kind::real;
  auto const* found = std::lower_bound(std::begin(detail::attribute_rules), std::end(detail::attribute_rules), attribute,
                                       [](detail::attribute_rule const& r, std::string_view n) { return r.name < n; });
  if (found == std::end(detail::attribute_rules) || found->name != attribute) return std::nullopt;
  return found->kind;
}

static_assert(kind_of("Conv", "pads") == attribute_kind::integers && kind_of("Pad", "value") == attribute_kind::real);
static_assert(!kind_of("Conv", "nonsense"));

}  // namespace DSI_NAMESPACE::import
