// SPDX-License-Identifier: MIT
// golden_native FOLDER...: imports FOLDER/model.onnx and computes it node by node on the reference loops, without a compiler.
// Reads FOLDER/in_I.npy (bfloat16 as the uint16 of its bits, since NumPy has none) and, where it is, FOLDER/bind.txt with a line INPUT=VALUE
// for each input that becomes a constant, as BIND takes it (@FILE is relative to FOLDER). Writes FOLDER/native_I.bin with the elements of output I; prints
// `FOLDER: type dims; type dims` or `FOLDER: error ...`.
#include <cstdio>
#include <fstream>

#include <dsi/import/lower.hpp>
#include <dsi/import/onnx_reader.hpp>
#include <dsi/import/rewrite/rewrite.hpp>

namespace {

using namespace dsi::import;

constexpr std::byte poison{0x7f};  ///< what stands in memory before an operator writes there: a large number, NaN, or 127

/// The constants that a case gives to inputs.
std::vector<assignment> bound_inputs(std::filesystem::path const& folder) {
  std::vector<assignment> bound;
  std::ifstream file(folder / "bind.txt");
  for (std::string line; std::getline(file, line);) {
    auto const at = line.find('=');
    if (at == std::string::npos) continue;
    std::string const value = line.substr(at + 1);
    bound.push_back({line.substr(0, at), value.starts_with('@') ? "@" + (folder / value.substr(1)).string() : value});
  }
  return bound;
}

/// The network's outputs; fills `problem` when there are none.
std::string run(std::filesystem::path const& folder, std::string& problem) {
  auto read = read_onnx(folder / "model.onnx");
  diagnostics notes = read.notes;
  std::vector<std::string> files;
  if (!read) return problem = notes.text();
  auto const model = std::make_shared<onnx_model const>(std::move(*read));
  command_line options;
  options.bind = bound_inputs(folder);
  auto const inputs = fix_inputs(*model, options, 0, notes, files);
  if (!notes.ok()) return problem = notes.text();
  import_graph g = lower(model, inputs, notes);
  if (!notes.ok()) return problem = notes.text();
  g.clean();
  rewrite(g);
  std::vector<std::vector<std::byte>> memory(g.values.size());
  for (std::size_t v = 0; v < memory.size(); ++v) {
    if (g.values[v].constant) memory[v] = g.values[v].data->bytes;
    else memory[v].resize(static_cast<std::size_t>(g.values[v].desc.bytes()), poison);
  }
  auto const at = [](int v) { return static_cast<std::size_t>(v); };
  for (std::size_t i = 0; i < g.inputs.size(); ++i) {
    auto const x = read_npy(folder / ("in_" + std::to_string(i) + ".npy"), problem);
    if (!x) return problem;
    dsi::dtype const wanted = g.value(g.inputs[i]).desc.type;
    bool const right = x->type == wanted || (x->type == dsi::dtype::u16 && wanted == dsi::dtype::bf16);
    if (!right || x->bytes.size() != memory[at(g.inputs[i])].size()) return problem = "input " + std::to_string(i) + " has another type or size";
    memory[at(g.inputs[i])] = x->bytes;
  }
  for (import_node const& n : g.nodes) {
    std::vector<dsi::tensor_desc> in, out;
    std::vector<void const*> x;
    std::vector<void*> y;
    for (int v : n.inputs) {
      in.push_back(g.value(v).desc);
      x.push_back(memory[at(v)].data());
    }
    for (int v : n.outputs) {
      out.push_back(g.value(v).desc);
      y.push_back(memory[at(v)].data());
    }
    if (!n.op->evaluate(in, x, out, y)) return problem = n.origin + " is not computed by the reference loops";
  }
  std::string text;
  for (std::size_t o = 0; o < g.outputs.size(); ++o) {
    auto const& d = g.value(g.outputs[o]).desc;
    auto const& bytes = memory[at(g.outputs[o])];
    std::ofstream(folder / ("native_" + std::to_string(o) + ".bin"), std::ios::binary).write(reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    text += (o > 0 ? "; " : "") + std::string(name_of(d.type));
    for (int i = 0; i < d.rank(); ++i) text += " " + std::to_string(d[i]);
  }
  return text;
}

}  // namespace

int main(int count, char** words) {
  for (int i = 1; i < count; ++i) {
    std::string problem;
    std::string const text = run(words[i], problem);
    std::printf("%s: %s%s\n", words[i], problem.empty() ? "" : "error ", (problem.empty() ? text : problem.substr(0, problem.find('\n'))).c_str());
    std::fflush(stdout);
  }
}
