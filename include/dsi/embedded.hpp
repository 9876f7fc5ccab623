// SPDX-License-Identifier: MIT
// The plain-data interface between the compiled units of a network, its dispatcher and the user's program.
//
// One network S, as dsi_add_model builds it, consists of
//   one unit per instruction set    exports one `dsi::embed::unit`, dsi_unit_S_<isa>; isolated by the linker
//   one dispatcher                  exports one `dsi::embed::model`, dsi_model_S; chooses the unit, owns memory
//   the weights                     dsi_weights_S, linked with .incbin
//   the light header S.hpp          classes over dsi_model_S; all that the user's files include
//
// Everything here is shared by translation units that were compiled for different instruction sets, so it lies outside
// the library's inline namespace and holds nothing but data: no function that a linker could merge.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dsi::embed {

/// Changes with every change of a structure below. A dispatcher refuses units of another version.
inline constexpr std::uint32_t abi_version = 3;

/// A tensor at the network's edge, or one that an observer sees, in ONNX's order of dimensions.
struct tensor_info {
  char const* name = nullptr;
  std::uint8_t dtype = 0;  ///< the numbering of dsi::dtype
  std::uint8_t rank = 0;
  std::int64_t dims[8]{};
};

/// What an observer is told after each fusion group.
struct event {
  int index = 0;                 ///< of the group, in the order of execution
  char const* name = nullptr;    ///< of the ONNX node that gives the group's output
  char const* kernel = nullptr;  ///< which kernel ran
  std::int64_t macs = 0;
  std::int64_t bytes = 0;        ///< read and written: inputs, weights, outputs
  std::int64_t nanoseconds = 0;
  void const* data = nullptr;    ///< the group's output; valid during the call
  void const* const* results = nullptr;  ///< all outputs of a group with several, the first of them `data`
  int result_count = 1;
  bool channels_last = false;    ///< how data lies: N, spatial..., C instead of ONNX's row-major order
  tensor_info info{};
};

using run_function = void (*)(void const* blob, void* arena, void* state, void* threads,
                              void const* const* in, void* const* out) noexcept;
using observer_function = void (*)(void* user, event const* seen);

/// How thoroughly `network::check` reads a blob.
enum class check_depth : std::uint8_t {
  header,  ///< magic, version, length, structure hash: for the blob that was linked into the binary
  full,    ///< also the checksum, the layout ids and that every value is finite: for bytes from outside
};

/// One compiled network: one batch size, one instruction set. Every buffer is 64-byte aligned.
struct network {
  std::int64_t batch = 1;
  std::size_t arena_bytes = 0;
  std::size_t state_bytes = 0;
  std::uint64_t structure_hash = 0;    ///< of the weights' structure; equal for every batch size and instruction set
  std::uint64_t macs = 0;
  tensor_info const* inputs = nullptr;
  int input_count = 0;
  tensor_info const* outputs = nullptr;
  int output_count = 0;
  /// 0: good. Else 1 + the number of a dsi::errc, and text says where, what, and how to mend it.
  int (*check)(void const* blob, std::size_t size, check_depth depth, char* text, std::size_t text_size) noexcept = nullptr;
  /// Sets the initial state; may be null when state_bytes is 0.
  void (*reset)(void* state) noexcept = nullptr;
  run_function run = nullptr;
  void (*run_observed)(void const* blob, void* arena, void* state, void* threads, void const* const* in,
                       void* const* out, observer_function observer, void* user) noexcept = nullptr;
};

/// All batch sizes of a network, compiled for one instruction set.
struct unit {
  std::uint32_t abi = abi_version;
  char const* isa = nullptr;   ///< "v2", "v3", "v4", "v4_vnni", "v4_bf16", "aarch64", "native"
  std::uint64_t features = 0;  ///< what its instructions need of the processor: embedded_cpu.hpp
  network const* networks = nullptr;
  int network_count = 0;
  std::size_t threads_bytes = 0;                      ///< the thread policy's object; 0: serial, the rest is null
  void (*threads_start)(void* threads) noexcept = nullptr;  ///< constructs the policy in place
  void (*threads_stop)(void* threads) noexcept = nullptr;   ///< destroys it
  void (*park)(void* threads) noexcept = nullptr;
  void (*unpark)(void* threads) noexcept = nullptr;
};

/// A constructed network: the head of its one allocation. The first cache line is all that run() reads of it.
struct alignas(64) instance {
  run_function run;
  void const* blob;
  void* arena;
  void* state;
  void* threads;
  network const* net;
  unit const* chosen;
  std::size_t blob_size;
  std::size_t bytes;        ///< of the whole allocation
  void const* const* inputs;  ///< the net's own input and output memory
  void* const* outputs;
};

/// What the light header says of each batch size; the chosen unit must agree.
struct expected_network {
  std::int64_t batch;
  std::size_t state_bytes;
  int input_count;
  int output_count;
};

/// What a dispatcher exports. The functions are compiled once, for the lowest processor, without exceptions; those that
/// can fail return 0 or 1 + the number of a dsi::errc and write a text.
struct model {
  std::uint32_t abi;
  char const* name;
  unit const* const* units;  ///< lowest instruction set first
  int unit_count;
  expected_network const* networks;
  int network_count;
  unsigned char const* weights;       ///< null: the network has no embedded weights
  std::uint64_t const* weights_size;

  /// Constructs networks[which]. A null blob stands for the embedded weights.
  int (*open)(model const* m, int which, void const* blob, std::size_t size, instance** opened, char* text,
              std::size_t text_size) noexcept;
  void (*close)(instance* i) noexcept;
  void (*bind)(instance* i, void const* blob, std::size_t size) noexcept;
  void (*reset)(instance* i) noexcept;
  void (*park)(instance* i, bool parked) noexcept;
  /// Checks bytes in full. With `copy`, `*blob` is an aligned copy, to be given back to `release`.
  int (*load)(model const* m, void const* bytes, std::size_t size, bool copy, void const** blob, char* text,
              std::size_t text_size) noexcept;
  void (*release)(void const* blob) noexcept;
  void (*end)(char const* text) noexcept;  ///< prints the text to standard error and aborts
};

}  // namespace dsi::embed
