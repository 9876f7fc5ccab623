// SPDX-License-Identifier: MIT
// What dsi compare found, as plain data: the table, the drawing and the report are made from it.
#pragma once

#include <string>
#include <vector>

#include <dsi/import/compare/tensor_error.hpp>
#include <dsi/tensor/tensor.hpp>

namespace DSI_NAMESPACE::import {

/// One node of the plan's groups.
struct compared_node {
  std::string operation;             ///< dsi's operator
  std::string origin;                ///< the ONNX node that it comes from: `Conv "conv1"`
  bool folded = false;               ///< went into the weights of the group's first node
  std::vector<int> inputs, outputs;  ///< tensors, numbered as the plan does
};

/// One step of the plan: a fusion group, a copy or a view; or the steps of one band.
struct compared_layer {
  int step = 0;
  std::string operation;             ///< "conv + relu"; of a band of steps "conv + relu | conv"
  std::vector<compared_node> nodes;  ///< empty for a copy
  std::string result;                ///< the ONNX name of what it leaves; of an inner tensor, dsi's own
  std::string output;                ///< the network's output that it writes, or empty
  tensor_desc desc{};
  std::string kernel;                ///< "view" for a step that does nothing at run time
  index macs = 0;
  index bytes = 0;                   ///< read and written, weights included
  double nanoseconds = 0;            ///< median
  bool compared = false;
  bool departs = false;
  tensor_error error{};                ///< of the result that is furthest off
};

struct compared_port {
  std::string name;
  tensor_desc desc{};
  std::string values;  ///< where they come from: "random, seed 1", a file, "bound"
  int tensor = -1;
};

struct comparison {
  std::string source;        ///< the model's file name
  index opset = 0;
  std::string numeric, isa, threads;
  bool unfused = false;
  index batch = 0;           ///< 0: as the file says
  std::vector<compared_port> inputs, outputs;
  std::vector<compared_layer> layers;
  index macs = 0, arena_bytes = 0, weight_bytes = 0;

  std::string reference;     ///< what the results are compared with
  double tolerance = 0;
  int first_departure = -1;  ///< into layers

  double seconds_to_compile = 0;
  double run_nanoseconds = 0, best_nanoseconds = 0;  ///< one run: median and best
  index runs = 0;
  double reference_nanoseconds = 0;                  ///< 0: not measured

  double layer_nanoseconds() const {
    double sum = 0;
    for (compared_layer const& l : layers) sum += l.nanoseconds;
    return sum;
  }
  /// The compared layer with the largest relative error, or -1.
  int worst() const {
    int at = -1;
    for (std::size_t i = 0; i < layers.size(); ++i)
      if (layers[i].compared && (at < 0 || layers[i].error.relative > layers[static_cast<std::size_t>(at)].error.relative)) at = static_cast<int>(i);
    return at;
  }
};

}  // namespace DSI_NAMESPACE::import
