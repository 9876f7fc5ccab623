// SPDX-License-Identifier: MIT
// Aligned memory, and where an engine keeps its own: heap, static or inside the object.
#pragma once

#if defined(DSI_CHECKED)
#include <atomic>
#endif
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE {

/// An owned, 64-byte aligned block of bytes. Allocates only in allocate().
class aligned_memory {
 public:
  aligned_memory() = default;
  aligned_memory(aligned_memory&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
  aligned_memory& operator=(aligned_memory&& other) noexcept {
    std::swap(data_, other.data_);
    return *this;
  }
  ~aligned_memory() { std::free(data_); }
  /// False when there is no memory. The bytes are not set.
  [[nodiscard]] bool allocate(std::size_t bytes) noexcept {
    std::free(data_);
    std::size_t const rounded = (bytes + alignment) / alignment * alignment;
    data_ = static_cast<std::byte*>(std::aligned_alloc(alignment, rounded));
    return data_ != nullptr;
  }
  std::byte* data() const { return data_; }

 private:
  std::byte* data_ = nullptr;
};

/// Ends the program: an engine cannot be had. With exceptions on, bad_alloc instead. Always inlined, so that a file with exceptions
/// and one without never share it.
[[noreturn]] DSI_INLINE void out_of_memory() {
#if defined(__cpp_exceptions)
  throw std::bad_alloc();
#else
  std::abort();
#endif
}

/// Storage policies of an engine: `template <std::size_t Bytes> class block` with data(), null when there is no memory.
/// The heap, once, at construction.
struct heap_storage {
  template <std::size_t Bytes>
  class block {
   public:
    block() { good_ = memory_.allocate(Bytes); }
    std::byte* data() const { return good_ ? memory_.data() : nullptr; }

   private:
    aligned_memory memory_;
    bool good_ = false;
  };
};

/// Zero-initialized memory of the program (.bss), one block for each Tag and size: at most one live engine may use a block.
template <class Tag>
struct static_storage {
  template <std::size_t Bytes>
  class block {
   public:
#if defined(DSI_CHECKED)
    block() { DSI_CHECK(users_.fetch_add(1) == 0, "static_storage: two live engines share one block; give each a Tag of its own"); }
    ~block() { users_.fetch_sub(1); }
    block(block const&) = delete;
    block& operator=(block const&) = delete;
#endif
    std::byte* data() const { return memory_; }

   private:
#if defined(DSI_CHECKED)
    static inline constinit std::atomic<int> users_{0};
#endif
    alignas(alignment) static inline constinit std::byte memory_[Bytes > 0 ? Bytes : 1]{};
  };
};

/// Inside the engine object, for small networks: up to 64 KiB.
struct inline_storage {
  template <std::size_t Bytes>
  class block {
    static_assert(Bytes <= 64 * 1024, "dsi::inline_storage: the network needs more than 64 KiB; use heap_storage or static_storage");

   public:
    std::byte* data() { return memory_; }

   private:
    alignas(alignment) std::byte memory_[Bytes > 0 ? Bytes : 1];
  };
};

}  // namespace DSI_NAMESPACE
