// SPDX-License-Identifier: MIT
// Writes a network and its plan as C++: the type and the constants that the compiler only has to verify.
#pragma once

#include <set>

#include <dsi/import/emit_embedding.hpp>
#include <dsi/import/native_plan.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

inline std::string cpp_dtype(dtype t) { return "dsi::dtype::" + std::string(t == dtype::f32 ? "f32" : t == dtype::f64 ? "f64" : t == dtype::f16 ? "f16" : t == dtype::bf16 ? "bf16" : t == dtype::i8 ? "i8" : t == dtype::u8 ? "u8" : t == dtype::i16 ? "i16" : t == dtype::u16 ? "u16" : t == dtype::i32 ? "i32" : t == dtype::u32 ? "u32" : t == dtype::i64 ? "i64" : t == dtype::u64 ? "u64" : "boolean"); }

inline std::string dims_text(shape const& s) {
  std::string text;
  for (int i = 0; i < s.rank; ++i) text += ", " + std::to_string(s.dim[i]);
  return text;
}
inline std::string desc_text(tensor_desc const& d) {
  std::string const dims = dims_text(d.extents);
  return "{" + cpp_dtype(d.type) + ", dsi::layout::" + std::string(name_of(d.order)) + ", " + (dims.empty() ? "dsi::shape{}" : "dsi::shape(" + dims.substr(2) + ")") + "}";
}

/// The graph<...> of a network. `attributes` collects the operators' attribute constants by their text.
inline std::string emit_graph(import_graph const& g, native_graph const& n, std::string const& type_name, std::map<std::string, std::string>& attributes) {
  std::vector<std::string> entries;
  for (std::size_t t = 0; t < n.tensors.size(); ++t) {
    graph_tensor const& x = n.tensors[t];
    if (x.kind == tensor_kind::value) continue;
    entries.push_back(std::string(x.kind == tensor_kind::input ? "dsi::named_input<" : "dsi::parameter<") + quoted(n.names[t]) + ", " + cpp_type_of(x.desc.type) +
                      dims_text(x.desc.extents) + ">");
  }
  for (std::size_t k = 0; k < n.nodes.size(); ++k) {
    any_operator const& op = *g.nodes[k].op;
    std::string const text = op.attributes_text();
    std::string constant;
    if (!text.empty()) {
      auto const [it, fresh] = attributes.try_emplace(text, "");
      if (fresh) it->second = "attributes_" + std::to_string(attributes.size() - 1);
      constant = it->second;
    }
    std::string e = "dsi::node<" + quoted(n.node_names[k]) + ", " + op.type_text(constant);
    for (int i = 0; i < n.nodes[k].inputs; ++i) e += ", " + quoted(n.names[static_cast<std::size_t>(n.edges[static_cast<std::size_t>(n.nodes[k].first_input + i)])]);
    entries.push_back(e + ">");
  }
  for (int o : n.outputs) entries.push_back("dsi::output<" + quoted(n.names[static_cast<std::size_t>(o)]) + ">");
  std::string s = "struct " + type_name + " : dsi::graph<\n";
  for (std::size_t i = 0; i < entries.size(); ++i) s += "    " + entries[i] + (i + 1 < entries.size() ? ",\n" : "");
  return s + "> {};\n";
}

inline std::string emit_plan(plan_view p, std::string const& type_name) {
  static constexpr char const* kinds[] = {"kernel", "reorder", "alias"};
  static constexpr char const* places[] = {"none", "input", "output", "arena", "weight"};
  static constexpr char const* roles[] = {"none", "matrix", "convolution", "recurrent"};
  auto const number = [](auto v) { return std::to_string(v); };
  auto const flag = [](bool b) { return std::string(b ? "true" : "false"); };
  std::string s = "template <class Backend>\n  requires(Backend::options == dsi::plan_options{})\nstruct dsi::plan_for<" + type_name + ", Backend> {\n  static constexpr dsi::plan_data<" + number(p.step_count) + ", " +
                  number(p.member_count) + ", " + number(p.operand_count) + ", " + number(p.weight_count) + ", " + number(p.buffer_count) + "> value{\n      {";
  for (int i = 0; i < p.step_count; ++i) {
    plan_step const& x = p.steps[i];
    s += (i ? ",\n       " : "") + ("{dsi::step_kind::" + std::string(kinds[static_cast<int>(x.kind)])) + ", " + number(x.first_member) + ", " + number(x.members) + ", " + number(x.folded) + ", " + number(x.first_operand) + ", " + number(x.inputs) +
         ", " + number(x.outputs) + ", " + number(x.to_output) + "}";
  }
  s += "},\n      {";
  for (int i = 0; i < p.member_count; ++i) s += (i ? ", " : "") + number(p.members[i]);
  s += "},\n      {";
  for (int i = 0; i < p.operand_count; ++i) {
    plan_operand const& x = p.operands[i];
    s += (i ? ",\n       " : "") + ("{" + number(x.tensor)) + ", dsi::layout::" + std::string(name_of(x.order)) + ", " + number(x.weight) + "}";
  }
  s += "},\n      {";
  for (int i = 0; i < p.weight_count; ++i) {
    plan_weight const& x = p.weights[i];
    s += (i ? ",\n       " : "") + ("{" + number(x.tensor)) + ", dsi::weight_role::" + roles[static_cast<int>(x.role)] + ", " + flag(x.grouped) + ", " + flag(x.channels_last) + ", " + flag(x.bias) + ", " + flag(x.infinities) + ", " + number(x.fold_first) + ", " +
         number(x.folds) + ", " + desc_text(x.desc) + ", " + number(x.offset) + ", " + number(x.bytes) + "}";
  }
  s += "},\n      {";
  for (int i = 0; i < p.buffer_count; ++i) {
    plan_buffer const& x = p.buffers[i];
    s += (i ? (i % 4 == 0 ? ",\n       " : ", ") : "") + ("{dsi::place::" + std::string(places[static_cast<int>(x.where)])) + ", " + number(x.at) + ", " + number(x.root) + "}";
  }
  return s + "},\n      " + number(p.step_count) + ", " + number(p.member_count) + ", " + number(p.operand_count) + ", " + number(p.weight_count) + ", " + number(p.buffer_count) + ", " +
         number(p.arena_bytes) + ", " + number(p.weight_bytes) + "};\n};\n";
}

}  // namespace detail

/// One compiled size of a network.
struct planned_network {
  index batch = 1;
  import_graph graph;
  native_graph native;
  native_plan plan;
};

/// The text of S_model.hpp.
inline std::string emit_model(std::string const& name, std::string const& source, std::vector<planned_network> const& networks, std::string const& backend, std::string const& team,
                               std::vector<std::string> const& includes) {
  std::map<std::string, std::string> attributes;
  std::string types, plans, list;
  for (std::size_t i = 0; i < networks.size(); ++i) {
    std::string const type = "network_" + std::to_string(networks[i].batch);
    types += detail::emit_graph(networks[i].graph, networks[i].native, type, attributes) + "\n";
    plans += detail::emit_plan(networks[i].plan.view(), name + "_model::" + type) + "\n";
    list += ", dsi::sized_network<" + std::to_string(networks[i].batch) + ", " + type + ">";
  }
  std::string s = "// Generated by dsi from " + detail::commented(source) + ". Changes here are lost.\n#pragma once\n\n#include <dsi/unit.hpp>\n";
  for (std::string const& h : includes) s += "#include " + detail::quoted(h) + "\n";
  s += "\nnamespace " + name + "_model {\n\n";
  std::map<std::string, std::string> by_name;
  for (auto const& [text, constant] : attributes) by_name[constant] = text;
  for (auto const& [constant, text] : by_name) s += "inline constexpr auto " + constant + " = " + text + ";\n";
  s += "\n" + types + "}  // namespace " + name + "_model\n\n" + plans;
  return s + "namespace " + name + "_model {\nconsteval dsi::embed::unit unit(char const* isa) { return dsi::make_unit<" + backend + ", " + team + list + ">(isa); }\n}  // namespace " + name + "_model\n";
}

}  // namespace DSI_NAMESPACE::import
