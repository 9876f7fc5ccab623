// SPDX-License-Identifier: MIT
// ONNX's recurrent operators.
#pragma once

#include <dsi/backend/reference/recurrent.hpp>
#include <dsi/import/bind/table.hpp>
#include <dsi/op/gru.hpp>
#include <dsi/op/lstm.hpp>
#include <dsi/op/rnn.hpp>

namespace DSI_NAMESPACE::import::detail {

inline void add_recurrent(onnx_table& table) {
  table["LSTM"] = [](binding& b) { lstm_attributes::from_onnx(b); };
  table["GRU"] = [](binding& b) { gru_attributes::from_onnx(b); };
  table["RNN"] = [](binding& b) { rnn_attributes::from_onnx(b); };
}

}  // namespace DSI_NAMESPACE::import::detail
