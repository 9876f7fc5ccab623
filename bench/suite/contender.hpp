// SPDX-License-Identifier: MIT
// Somebody who runs a network: dsi or a peer, ready to be called, behind one function pointer.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "floor.hpp"

namespace bench {

/// A network that is loaded and has memory for its inputs and outputs.
struct contender {
  std::string name;
  std::string absent;  ///< why it is not there; then nothing else counts
  std::string note;    ///< its version and settings, as it says them itself
  void (*call)(void* self) = nullptr;
  void (*rest)(void* self, bool resting) = nullptr;  ///< puts its threads to sleep and wakes them, where it has any
  void* self = nullptr;
  std::shared_ptr<void> owner;
  std::vector<std::span<float>> inputs, outputs;

  void operator()() const { call(self); }
};

inline contender absent(std::string name, std::string why) {
  contender c;
  c.name = std::move(name), c.absent = std::move(why);
  return c;
}

/// Where the files of the suite lie.
struct suite_paths {
  std::string models;       ///< models.py --out
  std::string onnx_runtime; ///< libonnxruntime.so, "" when there is none
  std::string openvino;     ///< libopenvino_c.so
  std::string of(std::string_view network, std::string_view file) const { return models + "/" + std::string(network) + "/" + std::string(file); }
};

/// One network of the suite, as network.cpp.in enters it.
struct suite_network {
  char const* name;
  char const* title;
  std::vector<layer_work> (*work)();
  contender (*dsi)(int threads);  ///< on the instruction set that DSI_ISA allows
};

/// All networks of this program, in the order of the suite.
std::vector<suite_network>& networks();

contender make_onnx_runtime(suite_network const& network, suite_paths const& paths, int threads);
contender make_openvino(suite_network const& network, suite_paths const& paths, int threads);
/// Written by hand with Eigen; fast_math says which of its two modules. Absent for networks other than the MLPs.
contender make_eigen(suite_network const& network, suite_paths const& paths, bool fast_math);

/// The little-endian float32 numbers of a file; empty when there is no such file.
std::vector<float> read_floats(std::string const& path);

}  // namespace bench
