// SPDX-License-Identifier: MIT
// The dsi program. Its work is in include/dsi/import; here are the subcommands, the files and the exit status.
#include <dsi/embedded_cpu.hpp>
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

#if !defined(DSI_PACKAGE_DIR)
#define DSI_PACKAGE_DIR "../lib/cmake/dsi"  // from the program to the CMake package
#endif

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

/// compare keeps 1 for a result that departs.
int failed_status(command_line const& c) { return c.command == subcommand::compare ? 2 : 1; }

#if defined(DSI_ONNX)
/// What compare needs to build a network: this program, the CMake package beside it, this machine's instruction set.
command_line with_surroundings(command_line c) {
  namespace fs = std::filesystem;
  std::error_code code;
  fs::path const program = fs::read_symlink("/proc/self/exe", code);
  c.program = program.string();
  for (char const* package : {DSI_PACKAGE_DIR, "dsi_package"})  // installed; in a build folder
    if (fs::path const folder = (program.parent_path() / package).lexically_normal(); c.package.empty() && fs::exists(folder / "dsiConfig.cmake", code)) c.package = folder.string();
  if (c.isa.empty()) {
#if defined(__aarch64__)
    c.isa.push_back("aarch64");
#else
    c.isa.push_back(dsi::embed::level_name(dsi::embed::cpu_features()));
    if (c.isa[0][0] != 'v') c.isa[0] = "v2";  // the program that is built says what is missing
#endif
  }
  return c;
}
#endif

int run(command_line const& c, diagnostics& problems) {
  if (c.command == subcommand::embed) return embed(c, problems);
#if defined(DSI_ONNX)
  if (c.command == subcommand::inspect) return inspect(c, problems);
  if (c.command == subcommand::compare) return compare(with_surroundings(c), problems);
  return tune(c, problems);
#else
  problems.error(c.model, "this dsi program was built without ONNX",
                 "install libonnx-dev, libprotobuf-dev and protobuf-compiler, and build and install dsi again");
  return failed_status(c);
#endif
}

}  // namespace

int main(int count, char** words) {
  auto const c = parse_command_line({words + (count > 0 ? 1 : 0), words + count});
  if (c.help) return std::fputs(help_text(c.command).c_str(), stdout) < 0;
  if (c.version) return std::printf("dsi %d.%d.%d\n", DSI_VERSION_MAJOR, DSI_VERSION_MINOR, DSI_VERSION_PATCH) < 0;
  if (!c.error.empty()) return report(c, c.error, 2);
  diagnostics problems;
  int status = failed_status(c);
  try {
    status = run(c, problems);
  } catch (std::exception const& e) {
    problems.error(c.model, e.what());
  }
  // dsi_add_model's user reads his own words; who calls the program reads the file's name and the program's options.
  bool const called_by_cmake = c.command == subcommand::embed;
  for (diagnostic const& d : problems.entries()) report(c, called_by_cmake ? to_string(d) : c.model + ": " + as_options(to_string(d)), 0);
  return status == 0 && !problems.ok() ? failed_status(c) : status;
}
