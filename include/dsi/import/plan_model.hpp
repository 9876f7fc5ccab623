// SPDX-License-Identifier: MIT
// From a file to plans: reads a model, fixes its inputs, rewrites and plans it for each batch size.
#pragma once

#include <dsi/import/batch.hpp>
#include <dsi/import/emit_model.hpp>
#include <dsi/import/lower.hpp>
#include <dsi/import/onnx_reader.hpp>
#include <dsi/import/rewrite/rewrite.hpp>
#include <dsi/import/to_numeric.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

/// The model with the inputs that one batch size gives it; 0 keeps dimension 0.
inline std::optional<import_graph> import_at(std::shared_ptr<onnx_model const> const& model, command_line const& c, fold_budget const& budget, sized_import& at,
                                             diagnostics& problems, std::vector<std::string>& files) {
  std::size_t const before = problems.errors();
  at.inputs = fix_inputs(*model, c, at.batch, problems, files);
  if (problems.errors() != before) return std::nullopt;
  import_graph g = lower(model, at.inputs, problems, budget, &at.trace);
  if (problems.errors() != before) return std::nullopt;
  return g;
}

/// True when some input has not the extents that the file fixes.
inline bool changes_inputs(onnx_model const& model, std::vector<fixed_input> const& inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    auto const& dims = model.graph.inputs[i].dims;
    for (std::size_t d = 0; d < dims.size(); ++d)
      if (!dims[d].fixed() || dims[d].value != inputs[i].desc[static_cast<int>(d)]) return true;
  }
  return false;
}

/// BATCH without BATCH_DIM: the network is imported at a second size, and nothing may depend on more than its own sample.
inline void check_sizes(std::shared_ptr<onnx_model const> const& model, command_line const& c, fold_budget const& budget, std::vector<sized_import> const& sizes,
                        diagnostics& problems) {
  if (c.batch.empty() || !c.batch_dim.empty()) return;
  if (sizes.size() > 1) {
    for (std::size_t i = 1; i < sizes.size() && problems.ok(); ++i) check_batch(*model, sizes[0], sizes[i], problems);
    return;
  }
  if (!changes_inputs(*model, sizes[0].inputs)) return;
  sized_import other{sizes[0].batch + 1, {}, {}};
  diagnostics notes;
  std::vector<std::string> files;
  if (import_at(model, c, budget, other, notes, files)) return check_batch(*model, sizes[0], other, problems);
  for (diagnostic const& d : notes.entries())
    if (d.level == diagnostic::severity::error) return problems.error(d.where, "the batch size cannot change: at " + std::to_string(other.batch) + ", " + d.what, d.remedy);
}

/// One set of weights serves all sizes: the same constants in the same places.
inline bool same_weights(planned_network const& a, planned_network const& b) {
  if (a.plan.weight_count != b.plan.weight_count || a.plan.weight_bytes != b.plan.weight_bytes) return false;
  if (structure_hash(a.native.view()) != structure_hash(b.native.view())) return false;
  auto const data = [](planned_network const& p, int weight) -> shared_tensor const& {
    return p.graph.value(p.native.value_of[static_cast<std::size_t>(p.plan.weights[static_cast<std::size_t>(weight)].tensor)]).data;
  };
  for (int i = 0; i < a.plan.weight_count; ++i) {
    auto const at = static_cast<std::size_t>(i);
    if (!(a.plan.weights[at].desc == b.plan.weights[at].desc)) return false;
    if (a.plan.weights[at].tensor >= 0 && b.plan.weights[at].tensor >= 0 && data(a, i)->bytes != data(b, i)->bytes) return false;
  }
  return true;
}

/// From the lowered graph to the plan.
inline bool plan_graph(planned_network& p, command_line const& c, diagnostics& problems) {
  p.options = {.fuse = !c.unfused, .keep_all = c.unfused, .winograd = c.winograd};
  p.graph.clean();
  if (!c.unfused) rewrite(p.graph);
  if (c.numeric == "half") convert_floats(p.graph, dtype::f16);
  if (c.numeric == "bfloat16") convert_floats(p.graph, dtype::bf16);
  p.native = make_native(p.graph);
  p.plan = make_native_plan(p.native.view(), p.options);
  if (valid_native_plan(p.native.view(), p.plan.view(), p.options)) return true;
  problems.error("plan", "the plan of this network is not valid: this is a mistake in dsi", "please report it with the model");
  return false;
}

inline std::vector<planned_network> plan_model(std::shared_ptr<onnx_model const> const& model, command_line const& c, fold_budget const& budget, diagnostics& problems,
                                               std::vector<std::string>& files) {
  std::vector<planned_network> networks;
  std::vector<sized_import> sizes;
  for (index b : c.batch.empty() ? std::vector<index>{0} : c.batch) {
    sized_import& at = sizes.emplace_back();
    at.batch = b;
    auto graph = import_at(model, c, budget, at, problems, files);
    if (!graph) return {};
    planned_network& p = networks.emplace_back();
    p.batch = larger(1, b);
    p.graph = std::move(*graph);
  }
  check_sizes(model, c, budget, sizes, problems);
  if (!problems.ok()) return {};
  for (planned_network& p : networks) {
    if (!plan_graph(p, c, problems)) return {};
    if (same_weights(networks.front(), p)) continue;
    problems.error("BATCH " + std::to_string(p.batch), "the network's constants depend on the batch size, so that one set of weights cannot serve all sizes",
                   "export the model with a dynamic batch dimension, or compile one size only");
    return {};
  }
  return networks;
}

/// Reads a model. Null when there are errors, also in what is asked of it.
inline std::shared_ptr<onnx_model const> read_model(command_line const& c, diagnostics& problems, std::vector<std::string>& files) {
  auto const not_yet = [&](bool asked, char const* option, char const* instead) {
    if (asked) problems.error(option, "is not part of this version for imported networks", instead);
  };
  not_yet(c.numeric == "int8", "NUMERIC int8", "use float, half or bfloat16; a quantized network can be written by hand as a type");
  not_yet(!c.calibration.empty() || !c.quant.empty(), "CALIBRATION, QUANT", "leave it out");
  if (c.winograd && c.numeric != "float")
    problems.error("WINOGRAD", "is for float: " + c.numeric + " has too few digits for its transforms", "leave out WINOGRAD or NUMERIC " + c.numeric);
  not_yet(c.ordered, "ORDERED", "leave it out: results repeat bit for bit on one instruction set");
  if (!problems.ok()) return {};
  auto read = read_onnx(std::filesystem::path(c.model));
  files.push_back(c.model);
  problems.append(read.notes);
  if (!read) return {};
  auto const model = std::make_shared<onnx_model const>(std::move(*read));
  files.insert(files.end(), model->external_files.begin(), model->external_files.end());
  return model;
}

/// Reads, lowers, rewrites and plans a model for every batch size. Empty when there are errors.
inline std::vector<planned_network> plan_all(command_line const& c, diagnostics& problems, std::vector<std::string>& files) {
  auto const model = read_model(c, problems, files);
  if (!model) return {};
  return plan_model(model, c, budget_for(*model), problems, files);
}

}  // namespace detail

}  // namespace DSI_NAMESPACE::import
