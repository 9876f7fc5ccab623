// SPDX-License-Identifier: MIT
// The origin's answers by ONNX Runtime, through a small Python script beside the CMake package.
#pragma once

#include <dsi/import/compare/project.hpp>
#include <dsi/import/npy.hpp>

namespace DSI_NAMESPACE::import {

/// An element of a named list: values by their ONNX name.
struct named_tensor {
  std::string name;
  onnx_tensor values;
};

/// What ONNX Runtime answered.
struct origin_answers {
  std::string version;
  double nanoseconds = 0;  ///< one run of the whole network; 0: not measured
  std::map<std::string, onnx_tensor> values;
};

namespace detail {

inline std::string json_quoted(std::string_view text) {
  std::string s = "\"";
  for (char c : text) {
    char hex[8];
    if (c == '"' || c == '\\') (s += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20) s += (std::snprintf(hex, sizeof(hex), "\\u%04x", static_cast<unsigned>(c)), hex);
    else s += c;
  }
  return s + '"';
}

inline bool write_npy(std::string const& path, onnx_tensor const& t) {
  std::string dims;
  for (index d : t.dims) dims += std::to_string(d) + ", ";
  std::string head = "{'descr': '" + std::string(spelling_of(t.type).numpy) + "', 'fortran_order': False, 'shape': (" + dims + "), }";
  head.resize((head.size() + 11 + 63) / 64 * 64 - 11, ' ');
  head += '\n';
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << std::string("\x93NUMPY\x01\0", 8) << static_cast<char>(head.size() & 255) << static_cast<char>(head.size() >> 8) << head;
  file.write(reinterpret_cast<char const*>(t.bytes.data()), static_cast<std::streamsize>(t.bytes.size()));
  return file.flush().good();
}

}  // namespace detail

/// The values of the named tensors for these inputs. Nothing when ONNX Runtime cannot answer; then `why` says so.
inline std::optional<origin_answers> ask_onnx_runtime(command_line const& c, work_folder const& work, std::string const& model, std::vector<named_tensor> const& inputs,
                                                      std::vector<std::string> const& wanted, std::string& why) {
  using detail::json_quoted;
  std::string const python = c.python.empty() ? "python3" : c.python, log = work.at("origin.log");
  std::error_code code;
  std::filesystem::remove(log, code);
  if (run_program({python, "-c", "import numpy, onnxruntime"}, log, [] {}) != 0) {
    why = python + " has no onnxruntime";
    return std::nullopt;
  }
  std::string task = "{\"model\": " + json_quoted(detail::absolute_path(model)) + ",\n \"threads\": " + std::to_string(c.thread_count) + ",\n \"inputs\": {";
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::string const file = work.at("values/origin_in_" + std::to_string(i) + ".npy");
    if (!detail::write_npy(file, inputs[i].values)) return why = file + " cannot be written", std::nullopt;
    task += (i > 0 ? ", " : "") + json_quoted(inputs[i].name) + ": " + json_quoted(file);
  }
  task += "},\n \"outputs\": [";
  for (std::size_t i = 0; i < wanted.size(); ++i) task += (i > 0 ? ", " : "") + json_quoted(wanted[i]);
  std::ofstream(work.at("values/origin.json"), std::ios::trunc) << task + "]}\n";
  progress shown("asking ONNX Runtime");
  std::string const script = (std::filesystem::path(c.package) / "compare" / "onnx_runtime.py").string();
  if (run_program({python, script, work.at("values")}, log, [&] { shown.tell(); }) != 0) {
    why = "ONNX Runtime does not run the model:" + log_excerpt(log, 3) + "\n   ";
    return std::nullopt;
  }
  origin_answers a;
  std::ifstream said(work.at("values/origin.txt"));
  said >> a.version >> a.nanoseconds;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::string problem;
    std::string const file = work.at("values/origin_" + std::to_string(i) + ".npy");
    if (auto t = read_npy(file, problem)) a.values[wanted[i]] = std::move(*t);
    std::filesystem::remove(file, code);
  }
  return a;
}

}  // namespace DSI_NAMESPACE::import
