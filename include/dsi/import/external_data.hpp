// SPDX-License-Identifier: MIT
// Tensor bytes kept in files beside a model: read only from inside the model's folder.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <dsi/import/onnx_graph.hpp>

namespace DSI_NAMESPACE::import {

/// Why something is not accepted and what would be.
struct refusal {
  std::string what;
  std::string remedy;
};

/// Reads parts of the files that a model names as external data.
///
/// A location must be a relative path without `..` and, after symbolic links are followed, name a regular file inside the
/// folder. The file named is untrusted, the folder and the machine are not: nothing guards against a folder that somebody
/// changes while it is read.
class external_files {
 public:
  /// No folder: every read is refused.
  external_files() = default;
  explicit external_files(std::filesystem::path const& folder) {
    std::error_code failed;
    auto root = std::filesystem::canonical(folder.empty() ? std::filesystem::path(".") : folder, failed);
    if (!failed) root_ = std::move(root);
  }

  /// Bytes [offset, offset + out.size()) of the file into out, which grows only once the file is known to be long enough.
  std::optional<refusal> read(std::string_view location, std::uint64_t offset, std::size_t size,
                              std::vector<std::byte>& out) {
    namespace fs = std::filesystem;
    std::string const name = "external data " + in_quotes(location);
    if (!root_) return refusal{name + " cannot be read: the model comes from memory or its folder does not exist",
                               "pass the folder that holds the file as base_dir"};
    std::string const move_it = "place the file in the model's folder and name it by a relative path (onnx.save does)";
    if (location.empty()) return refusal{"external data without a location", move_it};
    if (location.find('\0') != std::string_view::npos) return refusal{name + " has a zero byte in its name", move_it};
    fs::path const relative{std::string(location)};
    if (relative.is_absolute()) return refusal{name + " is an absolute path", move_it};
    if (std::find(relative.begin(), relative.end(), "..") != relative.end())
      return refusal{name + " leaves the model's folder by \"..\"", move_it};
    std::error_code failed;
    fs::path const full = fs::weakly_canonical(*root_ / relative, failed);
    if (failed) return refusal{name + " cannot be resolved: " + failed.message(), move_it};
    if (std::mismatch(root_->begin(), root_->end(), full.begin(), full.end()).first != root_->end())
      return refusal{name + " leaves the model's folder by a symbolic link", move_it};
    fs::file_status const status = fs::status(full, failed);
    if (status.type() == fs::file_type::not_found) return refusal{name + " does not exist beside the model", move_it};
    if (status.type() != fs::file_type::regular) return refusal{name + " is not a regular file", move_it};
    std::uint64_t const available = fs::file_size(full, failed);
    if (failed) return refusal{name + " has no size: " + failed.message(), move_it};
    if (offset > available || size > available - offset)
      return refusal{name + " has " + std::to_string(available) + " bytes, but the tensor needs " + std::to_string(size) +
                         " from offset " + std::to_string(offset),
                     "the file is truncated or belongs to another model: export or copy both again"};
    out.resize(size);
    if (std::string path = full.string(); std::find(read_.begin(), read_.end(), path) == read_.end()) read_.push_back(std::move(path));
    if (size == 0) return std::nullopt;
    std::ifstream stream(full, std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(offset));
    stream.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(size));
    if (stream.gcount() != static_cast<std::streamsize>(size)) {
      out.clear();
      return refusal{name + " cannot be read", "check the file's permissions"};
    }
    return std::nullopt;
  }

  /// The files that were read from, each once: a build depends on them.
  std::vector<std::string> const& files() const { return read_; }

 private:
  std::vector<std::string> read_;
  std::optional<std::filesystem::path> root_;
};

}  // namespace DSI_NAMESPACE::import
