// SPDX-License-Identifier: MIT
// Writes the files around a compiled network: the light header, the dispatcher, the unit file, the weights.
#pragma once

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <dsi/core/result.hpp>
#include <dsi/import/element_table.hpp>
#include <dsi/import/reserved_names.hpp>
#include <dsi/numeric/dtype.hpp>

namespace DSI_NAMESPACE::import {

/// An input or output as the user sees it: ONNX's name, element type and extents.
struct embedded_port {
  std::string name;
  dtype type = dtype::f32;
  std::vector<index> dims;
};

/// One batch size.
struct embedded_network {
  index batch = 1;
  std::vector<embedded_port> inputs;
  std::vector<embedded_port> outputs;
  std::size_t state_bytes = 0;
};

/// All that the generated files say of a network.
struct embedding {
  std::string name;                        ///< S: namespace and file stem
  std::string source;                      ///< the model's file name, for comments
  std::vector<std::string> isas;           ///< lowest first: "v2", "v3"
  std::vector<embedded_network> networks;  ///< S::net is the first
  std::string threads = "serial";          ///< for comments
  bool weights = true;                     ///< S_weights.bin is linked into the binary
  bool exported = false;                   ///< the header is PUBLIC: the table must be visible outside a shared library
};

/// S from a file's stem: other characters than [A-Za-z0-9_] become `_`, `_` before a digit.
inline std::string name_from_stem(std::string_view stem) {
  std::string s;
  for (char c : stem) {
    bool const digit = c >= '0' && c <= '9';
    bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (s.empty() && digit) s += '_';
    s += digit || letter ? c : '_';
  }
  return s.empty() ? "_" : s;
}

/// Empty when S can be a namespace at global scope; else what is wrong and how to mend it.
inline std::string check_name(std::string_view name) {
  auto const refuse = [&](char const* why) {
    return "the network's name \"" + std::string(name) + "\" " + why + "; give it another with NAME, as in NAME my_net";
  };
  if (name.empty() || name_from_stem(name) != name) return refuse("is not a C++ identifier");
  if (name.size() > 1 && name[0] == '_' && (name[1] == '_' || (name[1] >= 'A' && name[1] <= 'Z')))
    return refuse("is reserved for the compiler");
  for (char const* reserved : reserved_names)
    if (name == reserved) return refuse("is a keyword, a namespace of the library or a name of the C library");
  return {};
}

namespace detail {

/// Quoted for C++ and assembler alike: what is not plain ASCII becomes three octal digits.
inline std::string quoted(std::string_view text) {
  std::string s = "\"";
  for (char c : text) {
    auto const u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') (s += '\\') += c;
    else if (u < 0x20 || u >= 0x7f || c == '?') {  // '?' would begin a trigraph
      char octal[8];
      std::snprintf(octal, sizeof(octal), "\\%03o", static_cast<unsigned>(u));
      s += octal;
    } else s += c;
  }
  return s += '"';
}

/// For a line comment: no line break, no backslash that would continue it.
inline std::string commented(std::string_view text) {
  std::string s;
  for (char c : text) s += static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == '?' ? '_' : c;
  return s;
}

inline index elements(embedded_port const& p) {
  index n = 1;
  for (index d : p.dims) n = checked_product(n, d);
  return n;
}

inline std::string shape_text(embedded_port const& p) {
  std::string s = std::string(name_of(p.type)) + " [";
  for (std::size_t i = 0; i < p.dims.size(); ++i) s += (i == 0 ? "" : ", ") + std::to_string(p.dims[i]);
  return s + "]";
}

/// `in_x`, `out_y`: never a keyword, never the same twice.
inline std::vector<std::string> parameter_names(std::vector<embedded_port> const& list, std::string_view prefix) {
  std::vector<std::string> names;
  for (embedded_port const& p : list) {
    std::string const stem = std::string(prefix) + name_from_stem(p.name);
    std::string name = stem;
    for (int i = 2; std::find(names.begin(), names.end(), name) != names.end(); ++i) name = stem + "_" + std::to_string(i);
    names.push_back(name);
  }
  return names;
}

inline std::string port_list(std::vector<embedded_port> const& list) {
  std::string const indent(29, ' ');
  std::string s = indent + "dsi::embed::ports<";
  for (std::size_t i = 0; i < list.size(); ++i)
    s += (i == 0 ? "" : ",\n" + indent + "                  ") + ("dsi::embed::port<" + detail::quoted(list[i].name)) + ", " + cpp_type_of(list[i].type) + ", " +
         std::to_string(elements(list[i])) + ">";
  return s + ">";
}

inline std::string header_of_batch(embedding const& e, std::size_t which) {
  embedded_network const& n = e.networks[which];
  auto const in = parameter_names(n.inputs, "in_");
  auto const out = parameter_names(n.outputs, "out_");
  std::string parameters, in_list, out_list, comments;
  auto const add = [&](embedded_port const& p, std::string const& name, bool input) {
    std::string const type = cpp_type_of(p.type);
    parameters += (parameters.empty() ? "" : ", ") + ("std::span<" + type) + (input ? " const, " : ", ") + std::to_string(elements(p)) + "> " + name;
    std::string& list = input ? in_list : out_list;
    list += (list.empty() ? "" : ", ") + name + ".data()";
    comments += std::string("///   ") + (input ? "in   " : "out  ") + commented(p.name) + "  " + shape_text(p) + "\n";
  };
  for (std::size_t i = 0; i < in.size(); ++i) add(n.inputs[i], in[i], true);
  for (std::size_t i = 0; i < out.size(); ++i) add(n.outputs[i], out[i], false);

  std::string const batch = std::to_string(n.batch);
  std::string const tables = "    void const* const in[] = {" + (in_list.empty() ? "nullptr" : in_list) + "};\n    void* const out[] = {" +
                             (out_list.empty() ? "nullptr" : out_list) + "};\n";
  std::string s = "/// Batch size " + batch + ", flat in ONNX's order and layout:\n" + comments;
  s += "template <>\nclass batch<" + batch + ">\n    : public dsi::embed::net<batch<" + batch + ">, table, " + std::to_string(which) + ",\n" + port_list(n.inputs) +
       ",\n" + port_list(n.outputs) + ",\n                             " + std::to_string(n.state_bytes) + ", " + (e.weights ? "true" : "false") +
       "> {\n public:\n  using net::net;\n";
  if (in.size() + out.size() > 0) {
    s += "  using net::observe;\n  using net::run;\n\n";
    s += "  DSI_INLINE void run(" + parameters + ") noexcept {\n" + tables + "    this->call(in, out);\n  }\n";
    s += "  /// The same; calls f(dsi::embed::event const&) after each fusion group.\n  template <class F>\n  DSI_INLINE void observe(F&& f, " +
         parameters + ") noexcept {\n" + tables + "    this->call_observed(f, in, out);\n  }\n";
  }
  return s + "};\n\n";
}

}  // namespace detail

/// S.hpp: what the user includes.
inline std::string emit_header(embedding const& e) {
  std::string s = "// Generated by dsi from " + detail::commented(e.source) + ". Changes here are lost.\n#pragma once\n\n#include <dsi/embedded_net.hpp>\n\n";
  s += "namespace " + e.name + " {\n\n";
  s += "extern \"C\" dsi::embed::model const dsi_model_" + e.name + " [[gnu::visibility(\"" + (e.exported ? "default" : "hidden") + "\")]];\n";
  s += "struct table {\n  static DSI_INLINE dsi::embed::model const& get() noexcept { return dsi_model_" + e.name + "; }\n};\n\n";
  s += "/// Weights from outside the binary: auto w = " + e.name + "::weights::load(bytes); " + e.name + "::net n{*w};\n";
  s += "using weights = dsi::embed::weights<table>;\n\n";
  s += "/// The network for one of the batch sizes that it was compiled for.\ntemplate <int Batch>\nclass batch;\n\n";
  for (std::size_t i = 0; i < e.networks.size(); ++i) s += detail::header_of_batch(e, i);
  s += "/// Threads: " + detail::commented(e.threads) + "\nusing net = batch<" + std::to_string(e.networks[0].batch) + ">;\n\n}  // namespace " + e.name + "\n";
  return s;
}

/// S_dispatch.cpp: exports dsi_model_S.
inline std::string emit_dispatch(embedding const& e) {
  std::string s = "// Generated by dsi from " + detail::commented(e.source) + ". Changes here are lost.\n#include <dsi/embedded_runtime.hpp>\n\nextern \"C\" {\n";
  for (std::string const& isa : e.isas) s += "extern dsi::embed::unit const dsi_unit_" + e.name + "_" + isa + ";\n";
  if (e.weights)
    s += "extern unsigned char const dsi_weights_" + e.name + "[];\nextern std::uint64_t const dsi_weights_" + e.name + "_size;\n";
  s += "}\n\nnamespace {\nconstexpr dsi::embed::unit const* units[] = {";
  for (std::size_t i = 0; i < e.isas.size(); ++i) s += (i == 0 ? "" : ", ") + ("&dsi_unit_" + e.name) + "_" + e.isas[i];
  s += "};\nconstexpr dsi::embed::expected_network networks[] = {";
  for (std::size_t i = 0; i < e.networks.size(); ++i) {
    embedded_network const& n = e.networks[i];
    s += (i == 0 ? "{" : ", {") + std::to_string(n.batch) + ", " + std::to_string(n.state_bytes) + ", " + std::to_string(n.inputs.size()) + ", " +
         std::to_string(n.outputs.size()) + "}";
  }
  std::string const blob = e.weights ? "dsi_weights_" + e.name + ", &dsi_weights_" + e.name + "_size" : "nullptr, nullptr";
  std::string const table = "dsi::embed::model const dsi_model_" + e.name;
  s += "};\n}  // namespace\n\nextern \"C\" {\nextern " + table + (e.exported ? " [[gnu::visibility(\"default\")]]" : "") + ";\nconstinit " + table +
       " = dsi::embed::make_model(" + detail::quoted(e.name) + ", units, networks, " + blob + ");\n}\n";
  return s;
}

/// S_unit.cpp: compiled once per instruction set with -DDSI_UNIT_SYMBOL=dsi_unit_S_v3 -DDSI_UNIT_ISA="v3".
/// S_model.hpp provides `namespace S_model { consteval dsi::embed::unit unit(char const* isa); }`.
inline std::string emit_unit(embedding const& e) {
  return "// Generated by dsi from " + detail::commented(e.source) + ". Changes here are lost.\n#include \"" + e.name +
         "_model.hpp\"\n\n#include <dsi/embedded_cpu.hpp>\n\nextern \"C\" {\nextern dsi::embed::unit const DSI_UNIT_SYMBOL;\n"
         "constinit dsi::embed::unit const DSI_UNIT_SYMBOL = dsi::embed::for_these_flags(" +
         e.name + "_model::unit(DSI_UNIT_ISA));\n}\n";
}

/// S_weights.S: S_weights.bin from the assembler's include path, aligned to a cache line.
inline std::string emit_weights(embedding const& e) {
  std::string const symbol = "dsi_weights_" + e.name;
  auto const head = [](std::string const& s, char const* alignment) {
    return "    .balign " + std::string(alignment) + "\n    .globl " + s + "\n    .hidden " + s + "\n    .type " + s + ", %object\n" + s + ":\n";
  };
  return "// Generated by dsi from " + detail::commented(e.source) + ". Changes here are lost.\n    .section .rodata." + symbol +
         ",\"a\",%progbits\n" + head(symbol, "64") + "    .incbin \"" + e.name + "_weights.bin\"\n.Lend:\n    .size " + symbol + ", .Lend - " + symbol +
         "\n" + head(symbol + "_size", "8") + "    .8byte .Lend - " + symbol + "\n    .size " + symbol + "_size, 8\n" +
         "    .section .note.GNU-stack,\"\",%progbits\n";
}

/// Writes a file only when its bytes change, so that what was built from it stays valid. False when it cannot be written.
inline bool write_if_different(std::string const& path, std::string_view bytes) {
  {
    std::ifstream old(path, std::ios::binary);
    if (old && std::string(std::istreambuf_iterator<char>(old), {}) == bytes) return true;
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.flush();
  return file.good();
}

/// What an importer makes of a model, and main() writes: everything that a network's folder holds.
struct embedded_sources {
  embedding description;
  std::string model_header;        ///< S_model.hpp; empty: dsi_add_model wrote it
  std::string weights;             ///< S_weights.bin: the packed blob
  std::string quantization;        ///< S.quant.json; empty: none was made
  std::vector<std::string> files;  ///< what was read, for the depfile
};

/// Writes the files of a network into a folder. Returns the path that could not be written, or nothing.
inline std::string write_embedding(embedded_sources const& sources, std::string const& folder) {
  embedding const& e = sources.description;
  std::string const stem = folder + "/" + e.name;
  std::string failed;
  auto const write = [&](std::string const& path, std::string_view bytes) {
    if (failed.empty() && !write_if_different(path, bytes)) failed = path;
  };
  if (!sources.model_header.empty()) write(stem + "_model.hpp", sources.model_header);
  if (!sources.quantization.empty()) write(stem + ".quant.json", sources.quantization);
  write(stem + ".hpp", emit_header(e));
  write(stem + "_dispatch.cpp", emit_dispatch(e));
  write(stem + "_unit.cpp", emit_unit(e));
  if (e.weights) {
    write(stem + "_weights.S", emit_weights(e));
    write(stem + "_weights.bin", sources.weights);
  }
  return failed;
}

/// `target: file file` in make's form, with its quoting.
inline std::string emit_depfile(std::string const& target, std::vector<std::string> const& files) {
  auto const escaped = [](std::string const& path) {
    std::string s;
    for (char c : path) {
      if (c == ' ' || c == '#' || c == '\\') s += '\\';
      if (c == '$') s += '$';
      s += c;
    }
    return s;
  };
  std::string s = escaped(target) + ":";
  for (std::string const& f : files) s += " \\\n  " + escaped(f);
  return s + "\n";
}

}  // namespace DSI_NAMESPACE::import
