// SPDX-License-Identifier: MIT
// OpenVINO through its C interface, loaded at run time. It runs on the tensors that it made itself.
#include <dlfcn.h>

#include <cstdlib>

#include "contender.hpp"

namespace bench {

namespace {

struct version_text {
  char const *build, *description;
};

struct library {
  void* handle = nullptr;
  template <class Function>
  Function get(char const* name) const {
    return reinterpret_cast<Function>(dlsym(handle, name));
  }
  /// 0 is success everywhere. A function that is not there fails.
  template <class... Arguments>
  int call(char const* name, Arguments... arguments) const {
    auto const f = get<int (*)(Arguments...)>(name);
    return f != nullptr ? f(arguments...) : -1;
  }
};

struct request {
  void *core = nullptr, *model = nullptr, *compiled = nullptr, *handle = nullptr;
  int (*infer)(void*) = nullptr;
};

std::span<float> memory(library const& ov, void* request, char const* getter, std::size_t i) {
  void *tensor = nullptr, *data = nullptr;
  std::size_t bytes = 0;
  if (ov.call(getter, request, i, &tensor) != 0 || ov.call("ov_tensor_data", tensor, &data) != 0 || ov.call("ov_tensor_get_byte_size", tensor, &bytes) != 0) return {};
  return {static_cast<float*>(data), bytes / sizeof(float)};
}

std::string property(library const& ov, void* compiled, char const* key) {
  char* value = nullptr;
  return ov.call("ov_compiled_model_get_property", static_cast<void const*>(compiled), key, &value) == 0 ? value : "?";
}

}  // namespace

contender make_openvino(suite_network const& network, suite_paths const& paths, int threads) {
  char const* const title = "OpenVINO";
  if (paths.openvino.empty()) return absent(title, "not installed");
  static library const ov{dlopen(paths.openvino.c_str(), RTLD_NOW | RTLD_LOCAL)};
  if (ov.handle == nullptr) return absent(title, dlerror());
  static void* core = nullptr;
  if (core == nullptr && ov.call("ov_core_create", &core) != 0) return absent(title, "ov_core_create failed");
  auto const failed = [&](char const* what) {
    auto const last = ov.get<char const* (*)()>("ov_get_last_err_msg");
    return absent(title, std::string(what) + " failed: " + (last != nullptr && last() != nullptr ? last() : "no message"));
  };
  auto const r = std::make_shared<request>();
  r->core = core;
  std::string const path = paths.of(network.name, "model.onnx"), count = std::to_string(threads);
  if (ov.call("ov_core_read_model", static_cast<void const*>(core), path.c_str(), static_cast<char const*>(nullptr), &r->model) != 0) return failed("reading");
  // A variadic function: it must be called as one. inference precision: left alone it may choose bfloat16.
  auto const compile = ov.get<int (*)(void const*, void const*, char const*, std::size_t, void**, ...)>("ov_core_compile_model");
  if (compile == nullptr || compile(core, r->model, "CPU", 10, &r->compiled, "PERFORMANCE_HINT", "LATENCY", "NUM_STREAMS", "1", "INFERENCE_NUM_THREADS", count.c_str(),
                                    "INFERENCE_PRECISION_HINT", "f32", "ENABLE_CPU_PINNING", "NO") != 0)
    return failed("compiling");
  if (ov.call("ov_compiled_model_create_infer_request", static_cast<void const*>(r->compiled), &r->handle) != 0) return failed("creating a request");
  std::size_t inputs = 0, outputs = 0;
  ov.call("ov_compiled_model_inputs_size", static_cast<void const*>(r->compiled), &inputs);
  ov.call("ov_compiled_model_outputs_size", static_cast<void const*>(r->compiled), &outputs);
  r->infer = ov.get<int (*)(void*)>("ov_infer_request_infer");
  contender c;
  c.name = title;
  for (std::size_t i = 0; i < inputs; ++i) c.inputs.push_back(memory(ov, r->handle, "ov_infer_request_get_input_tensor_by_index", i));
  if (r->infer == nullptr || r->infer(r->handle) != 0) return failed("the first run");  // then its outputs have their shapes
  for (std::size_t i = 0; i < outputs; ++i) c.outputs.push_back(memory(ov, r->handle, "ov_infer_request_get_output_tensor_by_index", i));
  version_text version{"?", ""};
  ov.call("ov_get_openvino_version", &version);
  c.note = std::string(version.build) + ", inference precision " + property(ov, r->compiled, "INFERENCE_PRECISION_HINT") + ", threads " +
           property(ov, r->compiled, "INFERENCE_NUM_THREADS") + ", streams " + property(ov, r->compiled, "NUM_STREAMS") + ", latency hint";
  c.call = [](void* self) {
    auto* const x = static_cast<request*>(self);
    if (x->infer(x->handle) != 0) std::abort();
  };
  c.self = r.get();
  c.owner = r;
  return c;
}

}  // namespace bench
