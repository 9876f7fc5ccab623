// SPDX-License-Identifier: MIT
// What the dsi program does with ONNX files: embed, inspect.
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
    p.graph.clean();
    rewrite(p.graph);
    if (c.numeric == "half") convert_floats(p.graph, dtype::f16);
    if (c.numeric == "bfloat16") convert_floats(p.graph, dtype::bf16);
    p.native = make_native(p.graph);
    p.plan = make_native_plan(p.native.view(), plan_options{});
    if (!valid_native_plan(p.native.view(), p.plan.view())) {
      problems.error("plan", "the plan of this network is not valid: this is a mistake in dsi", "please report it with the model");
      return {};
    }
    if (same_weights(networks.front(), p)) continue;
    problems.error("BATCH " + std::to_string(p.batch), "the network's constants depend on the batch size, so that one set of weights cannot serve all sizes",
                   "export the model with a dynamic batch dimension, or compile one size only");
    return {};
  }
  return networks;
}

/// Reads, lowers, rewrites and plans a model for every batch size. Empty when there are errors.
inline std::vector<planned_network> plan_all(command_line const& c, diagnostics& problems, std::vector<std::string>& files) {
  auto const not_yet = [&](bool asked, char const* option, char const* instead) {
    if (asked) problems.error(option, "is not part of this version for imported networks", instead);
  };
  not_yet(c.numeric == "int8", "NUMERIC int8", "use float, half or bfloat16; a quantized network can be written by hand as a type");
  not_yet(!c.calibration.empty() || !c.quant.empty(), "CALIBRATION, QUANT", "leave it out");
  not_yet(c.winograd, "WINOGRAD", "leave it out: convolutions are computed directly");
  not_yet(c.ordered, "ORDERED", "leave it out: results repeat bit for bit on one instruction set");
  if (!problems.ok()) return {};
  auto read = read_onnx(std::filesystem::path(c.model));
  files.push_back(c.model);
  problems.append(read.notes);
  if (!read) return {};
  auto const model = std::make_shared<onnx_model const>(std::move(*read));
  files.insert(files.end(), model->external_files.begin(), model->external_files.end());
  return plan_model(model, c, budget_for(*model), problems, files);
}

inline embedded_port port_of(import_value const& x, std::string const& name) {
  return {name, x.desc.type, {x.desc.extents.dim, x.desc.extents.dim + x.desc.rank()}};
}

}  // namespace detail

/// Imports a model and makes everything that a network's folder holds.
inline std::optional<embedded_sources> embed_onnx(command_line const& c, diagnostics& problems) {
  embedded_sources s;
  auto const networks = detail::plan_all(c, problems, s.files);
  if (networks.empty()) return std::nullopt;
  std::string const name = c.name.empty() ? name_from_stem(std::filesystem::path(c.model).stem().string()) : c.name;
  for (planned_network const& p : networks) {
    embedded_network n;
    n.batch = p.batch;
    for (int i : p.graph.inputs) n.inputs.push_back(detail::port_of(p.graph.value(i), p.graph.value(i).name));
    for (std::size_t i = 0; i < p.graph.outputs.size(); ++i)
      n.outputs.push_back(detail::port_of(p.graph.value(p.graph.outputs[i]), p.graph.output_names[i]));
    s.description.networks.push_back(std::move(n));
  }
  std::string const team = c.threads == "spin" ? "dsi::spin<" + std::to_string(c.thread_count) + ">" : c.threads == "openmp" ? "dsi::openmp<" + std::to_string(c.thread_count) + ">" : "dsi::serial";
  std::vector<std::string> includes = c.include;
  if (!c.tuning.empty()) includes.push_back(c.tuning);
  s.files.insert(s.files.end(), includes.begin(), includes.end());
  planned_network const& first = networks.front();
  s.model_header = emit_model(name, std::filesystem::path(c.model).filename().string(), networks, "dsi::simd_backend<>", team, includes);
  s.weights = make_blob(first.graph, first.native, first.plan.view());
  if (!c.weights.empty()) {
    std::ifstream file(c.weights, std::ios::binary);
    s.weights.assign(std::istreambuf_iterator<char>(file), {});
    s.files.push_back(c.weights);
  }
  // What goes into the binary is checked here, in full, so that the program need not do it at every start.
  auto const bytes = std::span(reinterpret_cast<std::byte const*>(s.weights.data()), s.weights.size());
  if (auto const good = check_blob(bytes, structure_hash(first.native.view()), first.plan.view()); !good) {
    problems.error(c.weights.empty() ? c.model : c.weights, std::string(good.error().what.view()), "");
    return std::nullopt;
  }
  return s;
}

/// Prints what is in a model and how it will run.
inline int inspect(command_line const& c, diagnostics& problems) {
  using detail::extents_text, detail::harmless;
  std::vector<std::string> files;
  auto const networks = detail::plan_all(c, problems, files);
  if (networks.empty()) return 1;
  for (planned_network const& p : networks) {
    graph_view const g = p.native.view();
    std::printf("batch %lld: %d nodes, %lld MACs, arena %lld bytes, weights %lld bytes\n", static_cast<long long>(p.batch), g.node_count, static_cast<long long>(macs(g)),
                static_cast<long long>(p.plan.arena_bytes), static_cast<long long>(p.plan.weight_bytes));
    auto const port = [](char const* kind, std::string const& name, tensor_desc const& d) {
      std::printf("  %-4s %s  %s %s\n", kind, harmless(name).c_str(), std::string(name_of(d.type)).c_str(), extents_text(d).c_str());
    };
    for (int i : p.graph.inputs) port("in", p.graph.value(i).name, p.graph.value(i).desc);
    for (std::size_t o = 0; o < p.graph.outputs.size(); ++o) port("out", p.graph.output_names[o], p.graph.value(p.graph.outputs[o]).desc);
    for (int i = 0; i < p.plan.step_count; ++i) {
      plan_step const& s = p.plan.steps[static_cast<std::size_t>(i)];
      std::string text = s.kind == step_kind::reorder ? "reorder" : "";
      for (int m = 0; m < s.members; ++m) {
        int const n = p.plan.members[static_cast<std::size_t>(s.first_member + m)];
        text += (m ? " + " : "") + std::string(p.graph.node(n).op->name()) + (m > 0 && m <= s.folded ? " (folded)" : "");
      }
      plan_operand const& o = p.plan.operands[static_cast<std::size_t>(s.first_operand + s.inputs)];
      std::string const to = s.to_output >= 0 ? " = output " + harmless(p.graph.output_names[static_cast<std::size_t>(s.to_output)]) : "";
      std::printf("  %3d  %-44s -> %s%s %s %s\n", i, text.c_str(), harmless(p.native.names[static_cast<std::size_t>(o.tensor)]).c_str(), to.c_str(),
                  extents_text(g.desc(o.tensor)).c_str(), std::string(name_of(o.order)).c_str());
    }
  }
  return 0;
}

inline int compare(command_line const&, diagnostics& problems) {
  problems.error("dsi compare", "is not part of this version", "use dsi inspect, and the observer of the compiled network");
  return 1;
}
inline int tune(command_line const&, diagnostics& problems) {
  problems.error("dsi tune", "is not part of this version", "name tuning values with dsi::with_kernels");
  return 1;
}

}  // namespace DSI_NAMESPACE::import
