// SPDX-License-Identifier: MIT
// Where memory lies: spans that say so in their type, and which space a backend's tensors are in.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE {

/// host: what the CPU reads and writes. device: an accelerator's own memory.
enum class memory_space : std::uint8_t { host, device };

/// N elements in the memory of a device. The host may pass it on, never read it.
template <class T, std::size_t N>
class device_span {
 public:
  constexpr explicit device_span(T* first) : data_(first) {}
  /// From elements that may be written to elements that may not.
  template <class U>
    requires std::is_same_v<U const, T>
  constexpr device_span(device_span<U, N> other) : data_(other.data()) {}  // NOLINT(google-explicit-constructor)
  constexpr T* data() const { return data_; }
  static constexpr std::size_t size() { return N; }

 private:
  T* data_;
};

template <class T, std::size_t N, memory_space Space>
struct span_of_space {
  using type = std::span<T, N>;
};
template <class T, std::size_t N>
struct span_of_space<T, N, memory_space::device> {
  using type = device_span<T, N>;
};
/// A span of N elements in a memory space.
template <class T, std::size_t N, memory_space Space>
using span_in = typename span_of_space<T, N, Space>::type;

/// The memory space that a backend's kernels work in: its member `memory`, the host's when it has none.
template <class Backend>
inline constexpr memory_space memory_of = [] {
  if constexpr (requires { Backend::memory; }) return Backend::memory;
  else return memory_space::host;
}();

}  // namespace DSI_NAMESPACE
