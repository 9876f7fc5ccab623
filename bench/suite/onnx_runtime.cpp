// SPDX-License-Identifier: MIT
// ONNX Runtime through its C interface, loaded at run time: the Python wheel has the library but no headers, Debian 13 has both.
#include <dlfcn.h>

#include <cstdlib>
#include <cstdint>

#include "contender.hpp"

namespace bench {

namespace {

/// The interface is one table of functions to which versions only append ("Do not change the order", onnxruntime_c_api.h), so a
/// function's place is its name.
enum place : int {
  get_error_message = 2,
  create_env = 3,
  create_session = 7,
  create_session_options = 10,
  set_execution_mode = 13,
  set_optimization_level = 23,
  set_intra_op_threads = 24,
  set_inter_op_threads = 25,
  input_count = 30,
  output_count = 31,
  input_type = 33,
  output_type = 34,
  input_name = 36,
  output_name = 37,
  create_run_options = 39,
  create_tensor = 49,
  type_to_tensor = 55,
  dimension_count = 61,
  dimensions = 62,
  create_memory_info = 69,
  default_allocator = 78,
  run_with_binding = 133,
  create_binding = 134,
  bind_input = 136,
  bind_output = 137,
};
constexpr int wanted_version = 12, float_tensor = 1, fatal_only = 4, enable_all = 99, sequential = 0, arena_allocator = 1, default_memory = 0;

struct api_base {
  void* const* (*get_api)(std::uint32_t version);
  char const* (*version)();
};

struct session {
  void* const* api = nullptr;
  void *env = nullptr, *options = nullptr, *handle = nullptr, *binding = nullptr, *run_options = nullptr, *memory = nullptr;
  std::vector<std::vector<float>> storage;
  std::string failure;

  template <class... Arguments>
  bool call(place at, Arguments... arguments) {
    void* const status = reinterpret_cast<void* (*)(Arguments...)>(api[at])(arguments...);
    if (status != nullptr && failure.empty()) failure = reinterpret_cast<char const* (*)(void*)>(api[get_error_message])(status);
    return status == nullptr;
  }

  /// Binds input or output i to memory of its own.
  std::span<float> bind(std::size_t i, bool input) {
    void *type = nullptr, *allocator = nullptr, *value = nullptr;
    void const* tensor = nullptr;
    char* name = nullptr;
    std::size_t rank = 0;
    call(input ? input_type : output_type, handle, i, &type);
    if (!failure.empty() || !call(type_to_tensor, type, &tensor) || !call(dimension_count, tensor, &rank)) return {};
    std::vector<std::int64_t> shape(rank);
    if (!call(dimensions, tensor, shape.data(), rank)) return {};
    std::size_t size = 1;
    for (std::int64_t& d : shape) size *= static_cast<std::size_t>(d = d > 0 ? d : 1);
    std::span<float> const values = storage.emplace_back(size);
    call(default_allocator, &allocator);
    call(input ? input_name : output_name, handle, i, allocator, &name);
    call(create_tensor, memory, static_cast<void*>(values.data()), size * sizeof(float), shape.data(), rank, float_tensor, &value);
    if (failure.empty()) call(input ? bind_input : bind_output, binding, static_cast<char const*>(name), value);
    return values;
  }
};

}  // namespace

contender make_onnx_runtime(suite_network const& network, suite_paths const& paths, int threads) {
  char const* const title = "ONNX Runtime";
  if (paths.onnx_runtime.empty()) return absent(title, "not installed");
  void* const library = dlopen(paths.onnx_runtime.c_str(), RTLD_NOW | RTLD_LOCAL);
  auto const base = library != nullptr ? reinterpret_cast<api_base const* (*)()>(dlsym(library, "OrtGetApiBase")) : nullptr;
  if (base == nullptr) return absent(title, dlerror());
  auto const s = std::make_shared<session>();
  s->api = base()->get_api(wanted_version);
  if (s->api == nullptr) return absent(title, std::string("version ") + base()->version() + " is too old");
  // Sessions of one process share an environment; it stays.
  static void* env = nullptr;
  if (env == nullptr && !s->call(create_env, fatal_only, "bench", &env)) return absent(title, s->failure);
  s->call(create_session_options, &s->options) && s->call(set_execution_mode, s->options, sequential) && s->call(set_optimization_level, s->options, enable_all) &&
      s->call(set_intra_op_threads, s->options, threads) && s->call(set_inter_op_threads, s->options, 1) &&
      s->call(create_session, env, paths.of(network.name, "model.onnx").c_str(), s->options, &s->handle) && s->call(create_binding, s->handle, &s->binding) &&
      s->call(create_run_options, &s->run_options) && s->call(create_memory_info, arena_allocator, default_memory, &s->memory);
  std::size_t inputs = 0, outputs = 0;
  if (!s->failure.empty() || !s->call(input_count, s->handle, &inputs) || !s->call(output_count, s->handle, &outputs)) return absent(title, s->failure);
  contender c;
  c.name = title;
  s->storage.reserve(inputs + outputs);
  for (std::size_t i = 0; i < inputs; ++i) c.inputs.push_back(s->bind(i, true));
  for (std::size_t i = 0; i < outputs; ++i) c.outputs.push_back(s->bind(i, false));
  if (!s->failure.empty()) return absent(title, s->failure);
  c.note = std::string(base()->version()) + ", intra_op " + std::to_string(threads) + ", inter_op 1, sequential, all optimizations, IoBinding";
  c.call = [](void* self) {
    auto* const x = static_cast<session*>(self);
    if (!x->call(run_with_binding, x->handle, static_cast<void const*>(x->run_options), static_cast<void const*>(x->binding))) std::abort();
  };
  c.self = s.get();
  c.owner = s;
  return c;
}

}  // namespace bench
