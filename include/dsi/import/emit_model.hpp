// SPDX-License-Identifier: MIT
// Writes a network and its plan as C++: the type and the constants that the compiler only has to verify.
#pragma once

#include <concepts>
#include <map>

#include <dsi/import/emit_embedding.hpp>
#include <dsi/import/native_plan.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

inline std::string cpp_dtype(dtype t) { return "dsi::dtype::" + std::string(spelling_of(t).member); }

inline std::string dims_text(shape const& s) {
  std::string text;
  for (int i = 0; i < s.rank; ++i) text += ", " + std::to_string(s.dim[i]);
  return text;
}
inline std::string desc_text(tensor_desc const& d) {
  std::string const dims = dims_text(d.extents);
  std::string const extents = dims.empty() ? "dsi::shape{}" : "dsi::shape(" + dims.substr(2) + ")";
  return "{" + cpp_dtype(d.type) + ", dsi::layout::" + std::string(name_of(d.order)) + ", " + extents + "}";
}

/// The graph<...> of a network. `attributes` collects the operators' attribute constants by their text.
inline std::string emit_graph(import_graph const& g, native_graph const& n, std::string const& type_name, std::map<std::string, std::string>& attributes) {
  std::vector<std::string> entries;
  for (std::size_t t = 0; t < n.tensors.size(); ++t) {
    graph_tensor const& x = n.tensors[t];
    if (x.kind == tensor_kind::value) continue;
    std::string const kind = x.kind == tensor_kind::input ? "dsi::named_input<" : "dsi::parameter<";
    entries.push_back(kind + detail::quoted(n.names[t]) + ", " + cpp_type_of(x.desc.type) + dims_text(x.desc.extents) + ">");
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
    std::string e = "dsi::node<" + detail::quoted(n.node_names[k]) + ", " + op.type_text(constant);
    for (int i = 0; i < n.nodes[k].inputs; ++i) {
      int const from = n.edges[static_cast<std::size_t>(n.nodes[k].first_input + i)];
      e += ", " + detail::quoted(n.names[static_cast<std::size_t>(from)]);
    }
    entries.push_back(e + ">");
  }
  for (int o : n.outputs) entries.push_back("dsi::output<" + detail::quoted(n.names[static_cast<std::size_t>(o)]) + ">");
  std::string s = "struct " + type_name + " : dsi::graph<\n";
  for (std::size_t i = 0; i < entries.size(); ++i) s += "    " + entries[i] + (i + 1 < entries.size() ? ",\n" : "");
  return s + "> {};\n";
}

/// One field of a braced list.
inline std::string field(std::string const& text) { return text; }
inline std::string field(char const* text) { return text; }
inline std::string field(bool b) { return b ? "true" : "false"; }
template <std::integral T>
std::string field(T v) { return std::to_string(v); }
template <class... T>
std::string braced(T const&... fields) {
  std::string s;
  ((s += (s.empty() ? "" : ", ") + field(fields)), ...);
  return "{" + s + "}";
}
/// `{row, row, ...}` with `many` rows a line.
template <class Row>
std::string table_text(int count, int many, Row const& row) {
  std::string s = "{";
  for (int i = 0; i < count; ++i) s += (i == 0 ? "" : i % many == 0 ? ",\n       " : ", ") + row(i);
  return s + "}";
}

/// The options as a program writes them, of those that the tool sets.
inline std::string options_text(plan_options o) {
  std::string fields;
  auto const add = [&fields](bool differs, char const* text) {
    if (differs) fields += (fields.empty() ? "" : ", ") + std::string(text);
  };
  add(!o.fuse, ".fuse = false");
  add(o.keep_all, ".keep_all = true");
  add(o.winograd, ".winograd = true");
  return "dsi::plan_options{" + fields + "}";
}

inline std::string emit_plan(plan_view p, std::string const& type_name, plan_options made_with) {
  static constexpr char const* kinds[] = {"kernel", "reorder", "alias"};
  static constexpr char const* places[] = {"none", "input", "output", "arena", "weight", "band"};
  static constexpr char const* roles[] = {"none", "matrix", "convolution", "recurrent"};
  auto const order_text = [](layout l) { return "dsi::layout::" + std::string(name_of(l)); };
  std::string const counts = braced(p.step_count, p.member_count, p.operand_count, p.weight_count, p.buffer_count);
  std::string const list = counts.substr(1, counts.size() - 2);
  std::string const tables[] = {
      table_text(p.step_count, 1, [&](int i) {
        plan_step const& x = p.steps[i];
        return braced("dsi::step_kind::" + std::string(kinds[static_cast<int>(x.kind)]), x.first_member, x.members, x.folded, x.first_operand, x.inputs,
                      x.outputs, x.to_output, x.band);
      }),
      table_text(p.member_count, p.member_count + 1, [&](int i) { return field(p.members[i]); }),
      table_text(p.operand_count, 1, [&](int i) {
        plan_operand const& x = p.operands[i];
        return braced(x.tensor, order_text(x.order), x.weight);
      }),
      table_text(p.weight_count, 1, [&](int i) {
        plan_weight const& x = p.weights[i];
        return braced(x.tensor, "dsi::weight_role::" + std::string(roles[static_cast<int>(x.role)]), x.grouped, x.channels_last, x.bias, x.infinities,
                      x.fold_first, x.folds, desc_text(x.desc), x.offset, x.bytes);
      }),
      table_text(p.buffer_count, 4, [&](int i) {
        plan_buffer const& x = p.buffers[i];
        return braced("dsi::place::" + std::string(places[static_cast<int>(x.where)]), x.at, x.root);
      })};
  std::string s = "template <class Backend>\n  requires(Backend::options == " + options_text(made_with) + ")\nstruct dsi::plan_for<" + type_name +
                  ", Backend> {\n  static constexpr dsi::plan_data<" + list + "> value{\n";
  for (std::string const& t : tables) s += "      " + t + ",\n";
  return s + "      " + list + ", " + field(p.arena_bytes) + ", " + field(p.weight_bytes) + "};\n};\n";
}

}  // namespace detail

/// One compiled size of a network.
struct planned_network {
  index batch = 1;
  plan_options options{};
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
    plans += detail::emit_plan(networks[i].plan.view(), name + "_model::" + type, networks[i].options) + "\n";
    list += ", dsi::sized_network<" + std::to_string(networks[i].batch) + ", " + type + ">";
  }
  std::string s = "// Generated by dsi from " + detail::commented(source) + ". Changes here are lost.\n#pragma once\n\n#include <dsi/unit.hpp>\n";
  for (std::string const& h : includes) s += "#include " + detail::quoted(h) + "\n";
  s += "\nnamespace " + name + "_model {\n\n";
  plan_options const made_with = networks.empty() ? plan_options{} : networks[0].options;
  std::string const planned_backend = made_with == plan_options{} ? backend : "dsi::with_options<" + backend + ", " + detail::options_text(made_with) + ">";
  std::map<std::string, std::string> by_name;
  for (auto const& [text, constant] : attributes) by_name[constant] = text;
  for (auto const& [constant, text] : by_name) s += "inline constexpr auto " + constant + " = " + text + ";\n";
  s += "\n" + types + "}  // namespace " + name + "_model\n\n" + plans;
  return s + "namespace " + name + "_model {\nconsteval dsi::embed::unit unit(char const* isa) { return dsi::make_unit<" + planned_backend + ", " + team + list +
         ">(isa); }\n}  // namespace " + name + "_model\n";
}

}  // namespace DSI_NAMESPACE::import
