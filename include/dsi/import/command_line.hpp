// SPDX-License-Identifier: MIT
// The arguments of the dsi program: dsi embed | inspect | compare | tune.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE::import {

enum class subcommand : unsigned char { none, embed, inspect, compare, tune };

/// `name=value`, as DIMS and BIND take it. The value's form is the receiver's affair.
struct assignment {
  std::string name;
  std::string value;
};

/// All arguments of all subcommands. Empty means not given.
struct command_line {
  subcommand command = subcommand::none;
  bool help = false;
  bool version = false;
  std::string error;  ///< not empty: what is wrong with the arguments; exit status 2

  std::string model;  ///< file.onnx, or with `type` file.hpp

  // what is imported, and how
  std::vector<assignment> dims;        ///< symbol=8 or input=1x3x224x224
  std::vector<index> batch;            ///< batch sizes, at least 1 each
  std::string batch_dim;               ///< the symbol that is the batch
  std::vector<assignment> bind;        ///< input=16000 or input=@values.npy
  std::string numeric = "float";       ///< float, half, bfloat16, int8
  std::string calibration, quant;      ///< samples; file.quant.json
  std::string threads = "serial";      ///< serial, spin, openmp
  index thread_count = 1;
  bool winograd = false;
  bool ordered = false;
  bool unfused = false;                ///< every node a step, every tensor kept
  std::string tuning;
  std::vector<std::string> include;
  std::string weights;
  std::vector<std::string> isa;        ///< lowest first

  // embed
  std::string name;                    ///< S; empty: from the file's stem
  std::string out;                     ///< embed: folder; tune: the header to write
  std::string depfile;                 ///< embed: lists the files that were read, in make's form
  std::string stamp;                   ///< the depfile's target
  bool exported = false;
  std::string type;                    ///< of a network written by hand
  std::string description;             ///< what the compiler said of `type`: S_description.txt

  // compare, tune
  std::vector<assignment> inputs;      ///< name=values.npy; default: seeded random values
  index seed = 1;                      ///< of the random values
  std::vector<assignment> outputs;     ///< name=values.npy: what the origin answers
  std::string origin;                  ///< compare: another ONNX file with the same tensors
  std::string reference;               ///< compare: onnxruntime or double; empty: the first that there is
  std::string python;                  ///< compare: has onnxruntime
  double tolerance = 0;                ///< compare: relative to the largest magnitude; 0: by the numeric type
  std::string dot, report;             ///< compare: files to write
  std::string keep;                    ///< compare: the folder to work in
  std::string program, package;        ///< this program, and its CMake package; main() knows them
  index seconds = 0;                   ///< tune
};

namespace detail {

constexpr unsigned in_embed = 1, in_inspect = 2, in_compare = 4, in_tune = 8, in_all = 15;

struct option {
  std::string_view name;
  unsigned commands;     ///< where it is allowed
  std::string_view form;  ///< empty: a flag; ending in "...": takes all words up to the next option
  std::string_view text;
};

inline constexpr option options[] = {
    {"--name", in_embed, "S", "namespace and file stem of what is generated (default: the file's stem)"},
    {"--out", in_embed | in_tune, "PATH", "embed: folder for the generated files; tune: the header to write"},
    {"--isa", in_all, "NAME...", "instruction sets: v2 v3 v4 v4_vnni v4_bf16 | aarch64 | native (compare: default this machine's)"},
    {"--dims", in_all, "NAME=VALUE...", "symbol=8 or input=1x3x224x224: fixes symbolic dimensions"},
    {"--batch", in_all, "N...", "batch sizes: one compiled network each (compare: one size)"},
    {"--batch-dim", in_all, "SYMBOL", "the dimension that --batch sets (default: dimension 0 of every input)"},
    {"--bind", in_all, "INPUT=VALUE...", "input=16000 or input=@values.npy: an input becomes a constant"},
    {"--numeric", in_all, "TYPE", "float | half | bfloat16"},
    {"--calibration", in_embed | in_inspect, "PATH", "refused in this version: samples.npy, axis 0 the samples, or a folder of INPUT.npy"},
    {"--quant", in_all, "FILE", "refused in this version: quantization parameters instead of samples"},
    {"--threads", in_all, "POLICY...", "serial | spin N | openmp N"},
    {"--winograd", in_all, "", "3x3 convolutions by Winograd's minimal filtering where that is faster; errors can be larger (float)"},
    {"--ordered", in_all, "", "refused in this version: the same order of additions on every machine and for every batch size"},
    {"--unfused", in_embed | in_inspect | in_compare, "", "every node of the file a step of its own, every tensor kept: to look inside fusion groups"},
    {"--tuning", in_all, "FILE", "a header that names kernels and tiles"},
    {"--include", in_all, "FILE...", "headers with operators, kernels or tuning of your own"},
    {"--weights", in_embed | in_compare, "FILE", "take the weights from this file"},
    {"--type", in_embed, "TYPE", "the network is this type in the given header"},
    {"--description", in_embed, "FILE", "what the compiler said of the type (dsi_add_model makes it)"},
    {"--export", in_embed, "", "make the network's table visible outside a shared library"},
    {"--depfile", in_embed, "FILE", "write the files that were read, in make's form"},
    {"--stamp", in_embed, "FILE", "touch this file at the end; the target named in the depfile"},
    {"--input", in_compare | in_tune, "NAME=FILE...", "values.npy of an input (default: random values)"},
    {"--seed", in_compare | in_tune, "N", "of the random values (default: 1)"},
    {"--output", in_compare, "NAME=FILE...", "values.npy of a tensor, to be compared with instead of the reference's"},
    {"--origin", in_compare, "FILE", "compare with this ONNX file, by tensor names (default: the network's own)"},
    {"--reference", in_compare, "NAME", "onnxruntime | double (default: onnxruntime where Python has it, else plain loops in double)"},
    {"--python", in_compare, "PROGRAM", "a Python with onnxruntime and numpy (default: python3)"},
    {"--tolerance", in_compare, "X", "largest |difference| over largest |value| of a tensor (default: 1e-4; half 2e-2, bfloat16 1e-1)"},
    {"--dot", in_compare, "FILE", "draw the graph with its fusion groups, for Graphviz"},
    {"--report", in_compare, "FILE", "write a page with plots: report.html"},
    {"--keep", in_compare, "FOLDER", "work here and leave everything; the next run with it compiles only what changed"},
    {"--seconds", in_tune, "N", "time to spend"},
};

inline bool parse_number(std::string_view text, index& number) {
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  return ec == std::errc{} && end == text.data() + text.size();
}

/// Takes `values`, which belong to option `o`, into c; says what is wrong, or nothing.
inline std::string take(command_line& c, std::string_view o, std::vector<std::string_view> const& values) {
  auto const pairs = [&](std::vector<assignment>& to) -> std::string {
    for (std::string_view v : values) {
      auto const at = v.find('=');
      if (at == std::string_view::npos || at == 0 || at + 1 == v.size())
        return std::string(o) + ": \"" + std::string(v) + "\" is not of the form name=value";
      to.push_back({std::string(v.substr(0, at)), std::string(v.substr(at + 1))});
    }
    return {};
  };
  auto const one_of = [&](std::string& to, std::string_view v, std::initializer_list<std::string_view> known) -> std::string {
    std::string list;
    for (std::string_view k : known) {
      if (k == v) {
        to = v;
        return {};
      }
      list += (list.empty() ? "" : ", ") + std::string(k);
    }
    return std::string(o) + ": \"" + std::string(v) + "\" is none of " + list;
  };
  auto const count = [&](std::string_view v, index& to) -> std::string {
    if (parse_number(v, to) && to >= 1) return {};
    return std::string(o) + ": \"" + std::string(v) + "\" is not a positive number";
  };
  std::string const first = values.empty() ? std::string() : std::string(values[0]);

  if (o == "--name") c.name = first;
  else if (o == "--out") c.out = first;
  else if (o == "--dims") return pairs(c.dims);
  else if (o == "--bind") return pairs(c.bind);
  else if (o == "--input") return pairs(c.inputs);
  else if (o == "--output") return pairs(c.outputs);
  else if (o == "--batch-dim") c.batch_dim = first;
  else if (o == "--numeric" && first == "int8") c.numeric = first;  // known, so that its refusal can say what to do
  else if (o == "--numeric") return one_of(c.numeric, first, {"float", "half", "bfloat16"});
  else if (o == "--calibration") c.calibration = first;
  else if (o == "--quant") c.quant = first;
  else if (o == "--winograd") c.winograd = true;
  else if (o == "--ordered") c.ordered = true;
  else if (o == "--tuning") c.tuning = first;
  else if (o == "--weights") c.weights = first;
  else if (o == "--type") c.type = first;
  else if (o == "--description") c.description = first;
  else if (o == "--export") c.exported = true;
  else if (o == "--depfile") c.depfile = first;
  else if (o == "--stamp") c.stamp = first;
  else if (o == "--seed") return count(first, c.seed);
  else if (o == "--origin") c.origin = first;
  else if (o == "--reference") return one_of(c.reference, first, {"onnxruntime", "double"});
  else if (o == "--python") c.python = first;
  else if (o == "--dot") c.dot = first;
  else if (o == "--report") c.report = first;
  else if (o == "--keep") c.keep = first;
  else if (o == "--unfused") c.unfused = true;
  else if (o == "--tolerance") {
    char* end = nullptr;
    c.tolerance = std::strtod(first.c_str(), &end);
    if (*end != '\0' || !std::isfinite(c.tolerance) || c.tolerance <= 0) return "--tolerance: \"" + first + "\" is not a positive number, such as 1e-4";
  }
  else if (o == "--seconds") return count(first, c.seconds);
  else if (o == "--include") c.include.insert(c.include.end(), values.begin(), values.end());
  else if (o == "--batch") {
    for (std::string_view v : values) {
      index n = 0;
      if (auto wrong = count(v, n); !wrong.empty()) return wrong;
      for (index other : c.batch)
        if (other == n) return "--batch: " + std::to_string(n) + " is given twice";
      c.batch.push_back(n);
    }
  } else if (o == "--threads") {
    if (auto wrong = one_of(c.threads, first, {"serial", "spin", "openmp"}); !wrong.empty()) return wrong;
    if (values.size() != (c.threads == "serial" ? 1u : 2u)) return "--threads: write serial, spin N or openmp N";
    if (c.threads != "serial") return count(values[1], c.thread_count);
  } else if (o == "--isa") {
    for (std::string_view v : values)
      while (!v.empty()) {  // v2,v3 and v2 v3 alike
        auto const comma = v.find(',');
        std::string isa;
        if (auto wrong = one_of(isa, v.substr(0, comma), {"v2", "v3", "v4", "v4_vnni", "v4_bf16", "aarch64", "native"}); !wrong.empty()) return wrong;
        c.isa.push_back(isa);
        v = comma == std::string_view::npos ? std::string_view() : v.substr(comma + 1);
      }
  }
  return {};
}

}  // namespace detail

/// Reads the arguments after the program's name. Never fails otherwise than through `error`.
inline command_line parse_command_line(std::vector<std::string_view> const& words) {
  command_line c;
  std::size_t i = 0;
  constexpr std::string_view names[] = {"", "embed", "inspect", "compare", "tune"};
  if (i < words.size() && words[i].substr(0, 1) != "-") {
    for (int k = 1; k < 5; ++k)
      if (words[i] == names[k]) c.command = static_cast<subcommand>(k);
    if (c.command == subcommand::none) {
      c.error = "\"" + std::string(words[i]) + "\" is no subcommand; use embed, inspect, compare or tune";
      return c;
    }
    ++i;
  }
  unsigned const bit = c.command == subcommand::none ? 0 : 1u << (static_cast<unsigned>(c.command) - 1);
  while (i < words.size()) {
    std::string_view const word = words[i++];
    if (word == "--help" || word == "-h") {
      c.help = true;
      return c;
    }
    if (word == "--version") {
      c.version = true;
      return c;
    }
    if (word.substr(0, 2) != "--") {
      if (!c.model.empty()) {
        c.error = "\"" + std::string(word) + "\" is one argument too many; the model is " + c.model;
        return c;
      }
      c.model = word;
      continue;
    }
    detail::option const* found = nullptr;
    for (detail::option const& o : detail::options)
      if (o.name == word && (o.commands & bit)) found = &o;
    if (found == nullptr) {
      c.error = "\"" + std::string(word) + "\" is no option here; see dsi " + std::string(names[static_cast<int>(c.command)]) + " --help";
      return c;
    }
    std::vector<std::string_view> values;
    bool const many = found->form.size() > 3 && found->form.substr(found->form.size() - 3) == "...";
    if (!found->form.empty())
      while (i < words.size() && words[i].substr(0, 2) != "--" && (many || values.empty())) values.push_back(words[i++]);
    if (values.empty() && !found->form.empty()) {
      c.error = std::string(word) + " needs " + std::string(found->form);
      return c;
    }
    c.error = detail::take(c, word, values);
    if (!c.error.empty()) return c;
  }
  if (c.command == subcommand::none) c.error = "no subcommand; use embed, inspect, compare or tune";
  else if (c.model.empty()) c.error = "no model; write dsi " + std::string(names[static_cast<int>(c.command)]) + " FILE ...";
  else if (c.command == subcommand::compare && c.batch.size() > 1) c.error = "--batch: dsi compare runs one size; give one";
  else if (c.command == subcommand::embed && c.out.empty()) c.error = "no folder for the generated files; add --out FOLDER";
  else if (c.command == subcommand::embed && c.isa.empty()) c.error = "no instruction set; add --isa, as in --isa v2,v3,v4";
  else if (!c.type.empty() && c.description.empty()) c.error = "--type needs --description; dsi_add_model passes both";
  else if (!c.type.empty() && (c.unfused || !c.batch.empty() || !c.dims.empty() || !c.bind.empty() || c.numeric != "float" || !c.quant.empty() || c.winograd))
    c.error = "a network written by hand says its shapes, numeric types and plan itself: --batch, --dims, --bind, --numeric, --unfused, --winograd and --quant are for ONNX files";
  else if (!c.calibration.empty() && !c.quant.empty()) c.error = "give --calibration or --quant, not both";
  return c;
}

/// A message in the words of dsi_add_model (`DIMS x=1x4`) in those of the program (`--dims x=1x4`). Names in quotes stay.
inline std::string as_options(std::string_view text) {
  auto const in_word = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  std::string s;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && in_word(text[end])) ++end;
    std::string_view const word = text.substr(i, end - i);
    std::string option = "--";
    for (char c : word) option += c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    bool keyword = false;
    for (detail::option const& o : detail::options) keyword = keyword || o.name == option;
    for (char c : word) keyword = keyword && !(c >= 'a' && c <= 'z');
    s += keyword && !quoted ? option : std::string(word);
    i = end;
    if (i == text.size() || in_word(text[i])) continue;
    quoted = quoted != (text[i] == '"');
    s += text[i++];
  }
  return s;
}

/// What --help prints.
inline std::string help_text(subcommand command) {
  if (command == subcommand::none)
    return "dsi embed FILE      writes the sources of a network; dsi_add_model calls it\n"
           "dsi inspect FILE    prints inputs, outputs, the steps it becomes and what stands in the way\n"
           "dsi compare FILE    compares each layer with the network's origin\n"
           "dsi tune FILE       refused in this version: measures kernels and writes a tuning header\n"
           "Each with --help. Exit status: 0 good, 1 failed, 2 wrong arguments.\n";
  constexpr std::string_view names[] = {"", "embed", "inspect", "compare", "tune"};
  std::string s = "dsi " + std::string(names[static_cast<int>(command)]) + " FILE [options]\n";
  unsigned const bit = 1u << (static_cast<unsigned>(command) - 1);
  for (detail::option const& o : detail::options) {
    if (!(o.commands & bit)) continue;
    std::string line = "  " + std::string(o.name) + " " + std::string(o.form);
    line.resize(line.size() < 28 ? 28 : line.size() + 1, ' ');
    s += line + std::string(o.text) + "\n";
  }
  if (command == subcommand::compare)
    return s + "Compiles the network for this machine, runs it, and compares what every step leaves with ONNX Runtime's answer.\n"
               "Exit status: 0 equal within the tolerance, 1 a result departs, 2 wrong arguments or it cannot run.\n";
  return s + "Exit status: 0 good, 1 failed, 2 wrong arguments.\n";
}

}  // namespace DSI_NAMESPACE::import
