// SPDX-License-Identifier: MIT
// What the dsi program does with ONNX files: embed, inspect; compare is in compare/.
#pragma once

#include <dsi/import/compare/compare.hpp>
#include <dsi/import/plan_model.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

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
      int const weight = s.inputs > 1 ? p.plan.operands[static_cast<std::size_t>(s.first_operand + 1)].weight : -1;
      layout const packed = weight >= 0 ? p.plan.weights[static_cast<std::size_t>(weight)].desc.order : layout::row_major;
      std::string const by = winograd_tile(packed) != 0 ? "  weights " + std::string(name_of(packed)) : "";
      std::printf("  %3d  %-44s -> %s%s %s %s%s\n", i, text.c_str(), harmless(p.native.names[static_cast<std::size_t>(o.tensor)]).c_str(), to.c_str(),
                  extents_text(g.desc(o.tensor)).c_str(), std::string(name_of(o.order)).c_str(), by.c_str());
    }
  }
  return 0;
}

inline int tune(command_line const&, diagnostics& problems) {
  problems.error("dsi tune", "is not part of this version", "name tuning values with dsi::with_kernels");
  return 1;
}

}  // namespace DSI_NAMESPACE::import
