// SPDX-License-Identifier: MIT
// Owners of CUDA's things: streams, device memory, page-locked memory; and its errors as values.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <utility>

#include <dsi/core/result.hpp>

namespace DSI_NAMESPACE {

/// Success, or why an asynchronous backend did not take the work.
using status = result<void>;

namespace cuda {

/// What a CUDA call answered, with what was being done.
inline status status_of(cudaError_t e, std::string_view doing) {
  if (e == cudaSuccess) return {};
  errc const code = e == cudaErrorMemoryAllocation ? errc::out_of_memory : e == cudaErrorNoDevice || e == cudaErrorInsufficientDriver ? errc::unsupported : errc::device;
  return failure{code, message("CUDA, ").append(doing).append(": ").append(cudaGetErrorString(e))};
}

/// True when a GPU can be used.
inline bool has_device() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
}

/// A queue of work for the GPU, in order. Streams of their own run beside each other and beside the default stream.
class stream {
 public:
  static result<stream> create() {
    stream s;
    if (auto good = status_of(cudaStreamCreateWithFlags(&s.handle_, cudaStreamNonBlocking), "creating a stream"); !good) return good.error();
    return result<stream>(std::move(s));  // said in full: nvcc does not move by itself here
  }
  stream(stream&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  stream& operator=(stream&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~stream() {
    if (handle_ != nullptr) cudaStreamDestroy(handle_);
  }
  cudaStream_t handle() const noexcept { return handle_; }
  /// Waits for everything enqueued so far. Errors: those of that work, too.
  status wait() const { return status_of(cudaStreamSynchronize(handle_), "waiting for a stream"); }

 private:
  stream() = default;
  cudaStream_t handle_ = nullptr;
};

namespace detail {
struct release_device {
  void operator()(void* p) const { cudaFree(p); }
};
struct release_pinned {
  void operator()(void* p) const { cudaFreeHost(p); }
};

template <class Release>
class block {
 public:
  block() = default;
  explicit block(void* p) : data_(p) {}
  block(block&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
  block& operator=(block&& other) noexcept {
    std::swap(data_, other.data_);
    return *this;
  }
  ~block() {
    if (data_ != nullptr) Release{}(data_);
  }
  std::byte* data() const noexcept { return static_cast<std::byte*>(data_); }

 private:
  void* data_ = nullptr;
};
}  // namespace detail

/// Device memory, aligned to 256 bytes.
using device_memory = detail::block<detail::release_device>;
/// Host memory that copies need not stage: only from and to it do copies run beside computation.
using pinned_memory = detail::block<detail::release_pinned>;

inline result<device_memory> allocate_device(std::size_t bytes) {
  void* p = nullptr;
  if (auto good = status_of(cudaMalloc(&p, bytes > 0 ? bytes : 1), "allocating device memory"); !good) return good.error();
  return device_memory(p);
}
inline result<pinned_memory> allocate_pinned(std::size_t bytes) {
  void* p = nullptr;
  if (auto good = status_of(cudaMallocHost(&p, bytes > 0 ? bytes : 1), "allocating page-locked memory"); !good) return good.error();
  return pinned_memory(p);
}

}  // namespace cuda

/// What CUDA kernels get as their context: they enqueue on the stream and note the first error.
struct cuda_context {
  cudaStream_t stream = nullptr;
  cudaError_t error = cudaSuccess;
  void note(cudaError_t e) noexcept { error = error == cudaSuccess ? e : error; }
};

}  // namespace DSI_NAMESPACE
