// SPDX-License-Identifier: MIT
// Recurrent layers over sequences of different lengths.
#pragma once

#include <dsi/op/gru.hpp>
#include <dsi/op/lstm.hpp>
#include <dsi/op/rnn.hpp>

namespace DSI_NAMESPACE {

namespace detail {
template <class Layer>
inline constexpr std::string_view lengths_name = {};
template <>
inline constexpr std::string_view lengths_name<lstm_attributes> = "lstm_lengths";
template <>
inline constexpr std::string_view lengths_name<gru_attributes> = "gru_lengths";
template <>
inline constexpr std::string_view lengths_name<rnn_attributes> = "rnn_lengths";
}  // namespace detail

/// A recurrent layer whose last input says how many steps of each sequence there are, from 0 to T (others count as the nearest
/// of the two). Y is 0 behind a sequence's end, Y_h and Y_c are the states at it; a reverse layer begins at it.
/// Shape    the layer's inputs, lengths int32 [N] -> the layer's outputs
/// Types    those of the layer; plain loops on every backend
/// ONNX     LSTM, GRU, RNN with sequence_lens that are not constant, or shorter than T
template <class Layer>
struct with_lengths : Layer {
  static constexpr std::string_view name = detail::lengths_name<Layer>;
  static constexpr op_traits traits{};
  static constexpr bool form = false;  ///< not a recurrent_operator: kernels of those know no lengths

  constexpr recurrent_form layer_form() const { return Layer::form(); }
  constexpr inferred infer(op_inputs in) const {
    recurrent_form const f = layer_form();
    if (in.count != f.inputs() + 1) return {invalid::input_count, f.inputs() + 1, in.count};
    inferred const outputs = infer_recurrent(f, {in.desc, in.count - 1});
    if (!outputs) return outputs;
    tensor_desc const& lengths = in[in.count - 1];
    if (lengths.type != dtype::i32) return {invalid::input_type, in.count - 1, static_cast<index>(lengths.type)};
    index const batch = extents_of(f, in[0]).batch;
    if (lengths.size() != batch) return {invalid::parameter_extent, batch, lengths.size()};
    return outputs;
  }
  constexpr index macs(op_inputs in, tensor_desc const&) const { return recurrent_macs(layer_form(), in); }
  constexpr bool operator==(with_lengths const&) const = default;
};

using lstm_lengths_attributes = with_lengths<lstm_attributes>;
using gru_lengths_attributes = with_lengths<gru_attributes>;
using rnn_lengths_attributes = with_lengths<rnn_attributes>;
template <lstm_lengths_attributes A>
using lstm_lengths = with_attributes<lstm_lengths_attributes(A)>;
template <gru_lengths_attributes A>
using gru_lengths = with_attributes<gru_lengths_attributes(A)>;
template <rnn_lengths_attributes A>
using rnn_lengths = with_attributes<rnn_lengths_attributes(A)>;

/// A recurrent layer with lengths.
template <class Value>
concept recurrent_with_lengths = requires(Value const& v) {
  { v.layer_form() } -> std::same_as<recurrent_form>;
};

}  // namespace DSI_NAMESPACE
