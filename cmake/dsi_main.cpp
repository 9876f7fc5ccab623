// SPDX-License-Identifier: MIT
// The dsi program. Its work is in include/dsi/import; here are the subcommands, the files and the exit status.
#include <dsi/import/command_line.hpp>
#include <dsi/import/diagnostic.hpp>
#include <dsi/import/emit_embedding.hpp>
#include <dsi/import/type_description.hpp>
#if defined(DSI_ONNX)
#include <dsi/import/program.hpp>
#endif

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace {

using namespace dsi::import;

constexpr char const* names[] = {"", " embed", " inspect", " compare", " tune"};

int report(command_line const& c, std::string const& text, int status) {
  std::fprintf(stderr, "dsi%s: %s\n", names[static_cast<int>(c.command)], text.c_str());
  return status;
}

std::optional<std::string> read_file(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// A network written by hand: the compiler has described it, and its weights were packed by weights<M>::save.
std::optional<embedded_sources> embed_type(command_line const& c, diagnostics& problems) {
  embedded_sources s;
  auto const text = read_file(c.description);
  if (!text) {
    problems.error(c.description, "cannot be read");
    return std::nullopt;
  }
  if (auto const wrong = read_description(*text, s.description.networks); !wrong.empty()) {
    problems.error(c.type, wrong);
    return std::nullopt;
  }
  s.description.weights = !c.weights.empty();
  if (s.description.weights) {
    auto blob = read_file(c.weights);
    if (!blob) {
      problems.error(c.weights, "cannot be read");
      return std::nullopt;
    }
    s.weights = std::move(*blob);
    s.files.push_back(c.weights);
  }
  return s;
}

std::optional<embedded_sources> embed_any(command_line const& c, diagnostics& problems) {
  if (!c.type.empty()) return embed_type(c, problems);
#if defined(DSI_ONNX)
  return embed_onnx(c, problems);
#else
  problems.error(c.model, "this dsi program was built without ONNX",
                 "install libonnx-dev, libprotobuf-dev and protobuf-compiler, and build and install dsi again");
  return std::nullopt;
#endif
}

int embed(command_line const& c, diagnostics& problems) {
  std::string const name = c.name.empty() ? name_from_stem(std::filesystem::path(c.model).stem().string()) : c.name;
  if (auto const wrong = check_name(name); !wrong.empty()) return report(c, wrong, 2);
  auto sources = embed_any(c, problems);
  if (!sources || !problems.ok()) return 1;

  embedding& e = sources->description;
  e.name = name;
  e.source = std::filesystem::path(c.model).filename().string();
  e.isas = c.isa;
  e.exported = c.exported;
  e.threads = c.thread_count == 1 ? c.threads : c.threads + " " + std::to_string(c.thread_count);
  std::error_code code;
  std::filesystem::create_directories(c.out, code);
  std::string failed = write_embedding(*sources, c.out);
  if (failed.empty() && !c.depfile.empty()) {
    std::ofstream file(c.depfile, std::ios::trunc);
    if (sources->files.empty()) sources->files.push_back(c.model);  // Ninja takes an empty list for a missing one and runs the rule each time
    file << emit_depfile(c.stamp, sources->files);
    if (!file.flush()) failed = c.depfile;
  }
  if (failed.empty() && !c.stamp.empty() && !(std::ofstream(c.stamp, std::ios::trunc) << "\n").flush()) failed = c.stamp;
  if (!failed.empty()) return report(c, failed + ": cannot be written", 1);
  return 0;
}

int run(command_line const& c, diagnostics& problems) {
  if (c.command == subcommand::embed) return embed(c, problems);
#if defined(DSI_ONNX)
  if (c.command == subcommand::inspect) return inspect(c, problems);
  if (c.command == subcommand::compare) return compare(c, problems);
  return tune(c, problems);
#else
  problems.error(c.model, "this dsi program was built without ONNX",
                 "install libonnx-dev, libprotobuf-dev and protobuf-compiler, and build and install dsi again");
  return 1;
#endif
}

}  // namespace

int main(int count, char** words) {
  auto const c = parse_command_line({words + (count > 0 ? 1 : 0), words + count});
  if (c.help) return std::fputs(help_text(c.command).c_str(), stdout) < 0;
  if (c.version) return std::printf("dsi %d.%d.%d\n", DSI_VERSION_MAJOR, DSI_VERSION_MINOR, DSI_VERSION_PATCH) < 0;
  if (!c.error.empty()) return report(c, c.error, 2);
  diagnostics problems;
  int status = 1;
  try {
    status = run(c, problems);
  } catch (std::exception const& e) {
    problems.error(c.model, e.what());
  }
  for (diagnostic const& d : problems.entries()) report(c, to_string(d), 0);
  return status == 0 && !problems.ok() ? 1 : status;
}
