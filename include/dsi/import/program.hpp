// SPDX-License-Identifier: MIT
// What the dsi program does with ONNX files: embed, inspect.
#pragma once

#include <dsi/import/emit_model.hpp>
#include <dsi/import/lower.hpp>
#include <dsi/import/onnx_reader.hpp>
#include <dsi/import/rewrite/rewrite.hpp>
#include <dsi/import/to_numeric.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

/// Reads, lowers, rewrites and plans a model for every batch size. Empty when there are errors.
inline std::vector<planned_network> plan_all(command_line const& c, diagnostics& problems, std::vector<std::string>& files) {
  std::vector<planned_network> networks;
  auto const not_yet = [&](bool asked, char const* option, char const* instead) {
    if (asked) problems.error(option, "is not part of this version for imported networks", instead);
  };
  not_yet(c.numeric == "int8", "NUMERIC int8", "use float, half or bfloat16; a quantized network can be written by hand as a type");
  not_yet(!c.calibration.empty() || !c.quant.empty(), "CALIBRATION, QUANT", "leave it out");
  not_yet(c.winograd, "WINOGRAD", "leave it out: convolutions are computed directly");
  not_yet(c.ordered, "ORDERED", "leave it out: results repeat bit for bit on one instruction set");
  if (!problems.ok()) return {};
  auto model = read_onnx(std::filesystem::path(c.model));
  files.push_back(c.model);
  problems.append(model.notes);
  if (!model) return {};
  files.insert(files.end(), model->external_files.begin(), model->external_files.end());
  std::vector<index> batches = c.batch;
  bool const given = !batches.empty();
  if (!given) batches.push_back(1);
  for (index b : batches) {
    std::size_t const before = problems.errors();
    auto const inputs = fix_inputs(*model, c, given ? b : 0, problems, files);
    if (problems.errors() != before) return {};
    planned_network p;
    p.batch = b;
    p.graph = lower(*model, inputs, problems);
    if (problems.errors() != before) return {};
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
    networks.push_back(std::move(p));
  }
  for (planned_network const& p : networks) {
    planned_network const& first = networks.front();
    bool same = p.plan.weight_count == first.plan.weight_count && p.plan.weight_bytes == first.plan.weight_bytes &&
                structure_hash(p.native.view()) == structure_hash(first.native.view());
    for (int i = 0; same && i < p.plan.weight_count; ++i)
      same = p.plan.weights[static_cast<std::size_t>(i)].desc == first.plan.weights[static_cast<std::size_t>(i)].desc;
    if (!same) {
      problems.error("BATCH " + std::to_string(p.batch), "the network's constants depend on the batch size, so that one set of weights cannot serve all sizes",
                     "export the model with a dynamic batch dimension, or compile one size only");
      return {};
    }
  }
  return networks;
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
  std::vector<std::string> files;
  auto const networks = detail::plan_all(c, problems, files);
  if (networks.empty()) return 1;
  for (planned_network const& p : networks) {
    graph_view const g = p.native.view();
    std::printf("batch %lld: %d nodes, %lld MACs, arena %lld bytes, weights %lld bytes\n", static_cast<long long>(p.batch), g.node_count, static_cast<long long>(macs(g)),
                static_cast<long long>(p.plan.arena_bytes), static_cast<long long>(p.plan.weight_bytes));
    for (int i = 0; i < p.plan.step_count; ++i) {
      plan_step const& s = p.plan.steps[static_cast<std::size_t>(i)];
      std::string text = s.kind == step_kind::reorder ? "reorder" : "";
      for (int m = 0; m < s.members; ++m) {
        int const n = p.plan.members[static_cast<std::size_t>(s.first_member + m)];
        text += (m ? " + " : "") + std::string(p.graph.node(n).op->name()) + (m > 0 && m <= s.folded ? " (folded)" : "");
      }
      plan_operand const& o = p.plan.operands[static_cast<std::size_t>(s.first_operand + s.inputs)];
      std::printf("  %3d  %-44s -> %s [", i, text.c_str(), p.native.names[static_cast<std::size_t>(o.tensor)].c_str());
      for (int d = 0; d < g.desc(o.tensor).rank(); ++d) std::printf("%s%lld", d ? ", " : "", static_cast<long long>(g.desc(o.tensor)[d]));
      std::printf("] %s\n", std::string(name_of(o.order)).c_str());
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
