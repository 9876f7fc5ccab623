// SPDX-License-Identifier: MIT
// The thread policy without threads: a loop runs in the caller.
#pragma once

#include <dsi/parallel/thread_policy.hpp>

namespace DSI_NAMESPACE {

/// One thread, the caller. for_each is body(0, count), inlined: no call, no store, no branch when count is a constant.
struct serial {
  static constexpr int size() noexcept { return 1; }

  template <class Body>
  DSI_INLINE void for_each(index count, Body body) const noexcept {
    DSI_CHECK(count >= 0, "serial::for_each: negative count");
    if (count > 0) static_cast<Body const&>(body)(index{0}, count);
  }

  static constexpr void park() noexcept {}
  static constexpr void unpark() noexcept {}
};

static_assert(parkable<serial>);

}  // namespace DSI_NAMESPACE
