// SPDX-License-Identifier: MIT
// Values for a network's inputs: a file's, or random ones that every network can take.
#pragma once

#include <random>

#include <dsi/import/constants.hpp>
#include <dsi/import/import_graph.hpp>
#include <dsi/import/npy.hpp>
#include <dsi/op/gather.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

/// How many values an integer input may have: as many as the smallest table that it chooses from, directly or behind views and
/// casts; 2 where it chooses from none.
inline index choices_of(import_graph const& g, int input) {
  std::vector<int> same{input};
  index least = 0;
  for (import_node const& n : g.nodes) {
    auto const reads = [&](std::size_t i) { return i < n.inputs.size() && std::find(same.begin(), same.end(), n.inputs[i]) != same.end(); };
    auto const in = g.input_descs(n);
    if (auto const* gather = as_operator<gather_attributes>(n.op); gather != nullptr && reads(1)) {
      index const rows = in[0][static_cast<int>(gather->axis_in(in[0].rank()))];
      least = least == 0 ? rows : smaller(least, rows);
    }
    if (reads(0) && (n.op->traits({in.data(), static_cast<int>(in.size())}).view || n.op->name() == "cast")) same.push_back(n.outputs[0]);
  }
  return least == 0 ? 2 : least;
}

}  // namespace detail

/// Random values: floats from a normal distribution, integers below what they choose from, bool both. The same for a seed on every machine.
inline onnx_tensor made_input(import_graph const& g, int input, index seed) {
  tensor_desc const& d = g.value(input).desc;
  onnx_tensor t = detail::blank(d.type, detail::dims_of(d.extents));
  std::mt19937_64 random(static_cast<std::uint64_t>(seed) * 1000003u + static_cast<std::uint64_t>(input));
  auto const uniform = [&random] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  std::uint64_t const choices = is_floating(d.type) || d.type == dtype::boolean ? 2 : static_cast<std::uint64_t>(smaller(detail::choices_of(g, input), 100));
  std::vector<double> values(static_cast<std::size_t>(d.size()));
  for (double& v : values) {
    if (is_floating(d.type)) {  // a sum of twelve: close to normal, and of plain additions
      v = -6;
      for (int i = 0; i < 12; ++i) v += uniform();
    } else {
      v = static_cast<double>(random() % choices);
    }
  }
  detail::convert_elements(dtype::f64, values.data(), d.type, t.bytes.data(), d.size());
  return t;
}

/// The values of a .npy file for an input. Fills `problem` when they are none.
inline std::optional<onnx_tensor> input_from_file(tensor_desc const& d, std::string const& path, std::string& problem) {
  auto t = read_npy(path, problem);
  if (!t) return std::nullopt;
  if (t->type != d.type) problem = path + ": has " + std::string(name_of(t->type)) + " elements, the input " + std::string(name_of(d.type)) + "; save it with .astype";
  else if (t->size() != d.size()) problem = path + ": has " + std::to_string(t->size()) + " elements, the input " + std::to_string(d.size());
  if (!problem.empty()) return std::nullopt;
  return t;
}

}  // namespace DSI_NAMESPACE::import
