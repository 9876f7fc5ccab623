// SPDX-License-Identifier: MIT
// What a generated dispatcher does: choose a unit for this processor, own a net's memory, check weights.
//
// Included by S_dispatch.cpp alone, which is compiled without exceptions for the lowest processor and isolated like a
// unit. Nothing here is on the run path.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include <dsi/core/result.hpp>
#include <dsi/embedded_cpu.hpp>
#include <dsi/numeric/dtype.hpp>

namespace dsi::embed {

namespace detail {

inline int fail(errc code, message const& what, char* text, std::size_t text_size) noexcept {
  std::snprintf(text, text_size, "%s", what.c_str());
  return 1 + static_cast<int>(code);
}

/// Its place among the levels; -1 for "native", "aarch64" and unknown names.
inline int level_of(char const* isa) noexcept {
  for (int i = 0; i < isa_level_count; ++i)
    if (std::strcmp(isa_levels[i].name, isa) == 0) return i;
  return -1;
}

/// What DSI_ISA allows: units up to a level, or up to a unit of the network by its own name (native).
struct isa_limit {
  int level = -1;    ///< -1: no level
  int last_unit = 0;

  /// A unit with a level's name is of that level, whatever flags a user added; any other is what its code needs.
  bool allows(unit const& u) const noexcept {
    if (level < 0) return true;
    int const own = level_of(u.isa);
    return own >= 0 ? own <= level : (u.features & ~isa_levels[level].features) == 0;
  }
};

/// The best unit for `available`, not above `limit`, what DSI_ISA says (null or empty: any). Null, with a text, when there is none.
inline unit const* choose(model const& m, std::uint64_t available, char const* limit, int& code, char* text,
                          std::size_t text_size) noexcept {
  message what("dsi: network ");
  what << m.name;
  isa_limit most{-1, m.unit_count - 1};
  if (limit != nullptr && *limit != '\0') {
    most.level = level_of(limit);
    int own = m.unit_count - 1;
    while (own >= 0 && std::strcmp(m.units[own]->isa, limit) != 0) --own;
    if (most.level < 0 && own < 0) {
      what << ": DSI_ISA=" << limit << " is none of";
      for (isa_level const& l : isa_levels) what << " " << l.name;
      code = fail(errc::invalid_argument, what << "; mend the environment variable or unset it", text, text_size);
      return nullptr;
    }
    if (most.level < 0) most.last_unit = own;
  }
  for (int i = most.last_unit; i >= 0; --i)
    if ((m.units[i]->features & ~available) == 0 && most.allows(*m.units[i])) return m.units[i];
  what << " was compiled for";
  for (int i = 0; i < m.unit_count; ++i) what << " " << m.units[i]->isa;
  what << "; this processor has " << level_name(available);
  if (limit != nullptr && *limit != '\0') what << ", and DSI_ISA=" << limit << " allows no more";
  code = fail(errc::unsupported, what << "; add a lower ISA to dsi_add_model", text, text_size);
  return nullptr;
}

/// The chosen unit, after a comparison with what the light header says: a stale object file is named, not run.
inline unit const* select(model const& m, int& code, char* text, std::size_t text_size) noexcept {
  unit const* const u = choose(m, cpu_features(), std::getenv("DSI_ISA"), code, text, text_size);
  if (u == nullptr) return nullptr;
  bool same = u->abi == abi_version && u->network_count == m.network_count;
  for (int i = 0; same && i < m.network_count; ++i) {
    network const& n = u->networks[i];
    expected_network const& e = m.networks[i];
    same = n.batch == e.batch && n.state_bytes == e.state_bytes && n.input_count == e.input_count && n.output_count == e.output_count;
  }
  if (same) return u;
  message what("dsi: network ");
  what << m.name << ": the unit " << u->isa
       << " was compiled from another model than the header; build the program again";
  code = fail(errc::mismatch, what, text, text_size);
  return nullptr;
}

/// Lays parts one after another, each on a cache line of its own.
struct carver {
  std::size_t used = 0;
  std::size_t take(std::size_t bytes) noexcept {
    std::size_t const at = used;
    used += (bytes + alignment - 1) / alignment * alignment;
    return at;
  }
};

inline std::size_t bytes_of(tensor_info const& t) noexcept {
  auto bytes = static_cast<std::size_t>(size_of(static_cast<dtype>(t.dtype)));
  for (int i = 0; i < t.rank; ++i) bytes *= static_cast<std::size_t>(t.dims[i]);
  return bytes;
}

inline void* allocate(std::size_t bytes) noexcept { return ::operator new(bytes, std::align_val_t{alignment}, std::nothrow); }
inline void deallocate(void* p) noexcept { ::operator delete(p, std::align_val_t{alignment}); }

}  // namespace detail

/// The functions of the dispatcher's table.
namespace runtime {

inline void bind(instance* i, void const* blob, std::size_t size) noexcept {
  i->blob = blob;
  i->blob_size = size;
}

inline void reset(instance* i) noexcept {
  if (i->net->reset != nullptr) i->net->reset(i->state);
}

inline void park(instance* i, bool parked) noexcept {
  auto const f = parked ? i->chosen->park : i->chosen->unpark;
  if (f != nullptr) f(i->threads);
}

inline void close(instance* i) noexcept {
  if (i == nullptr) return;
  if (i->chosen->threads_stop != nullptr) i->chosen->threads_stop(i->threads);
  detail::deallocate(i);
}

inline int open(model const* m, int which, void const* blob, std::size_t size, instance** opened, char* text,
                std::size_t text_size) noexcept {
  int code = 0;
  unit const* const u = detail::select(*m, code, text, text_size);
  if (u == nullptr) return code;
  network const& n = u->networks[which];
  if (blob == nullptr) {
    blob = m->weights;
    size = static_cast<std::size_t>(*m->weights_size);
    // The bytes are as trustworthy as the code beside them; what can go wrong is a mix of two builds.
    code = n.check(blob, size, check_depth::header, text, text_size);
    if (code != 0) return code;
  }

  detail::carver parts;
  parts.take(sizeof(instance));
  std::size_t const pointers = parts.take(sizeof(void*) * static_cast<std::size_t>(n.input_count + n.output_count));
  std::size_t const threads = parts.take(u->threads_bytes);
  std::size_t const state = parts.take(n.state_bytes);
  std::size_t const arena = parts.take(n.arena_bytes);
  std::size_t const io = parts.used;
  for (int k = 0; k < n.input_count; ++k) parts.take(detail::bytes_of(n.inputs[k]));
  for (int k = 0; k < n.output_count; ++k) parts.take(detail::bytes_of(n.outputs[k]));

  auto* const memory = static_cast<unsigned char*>(detail::allocate(parts.used));
  if (memory == nullptr) {
    message what("dsi: network ");
    what << m->name << ": no memory for " << static_cast<index>(parts.used) << " bytes";
    return detail::fail(errc::out_of_memory, what, text, text_size);
  }
  // Touches every page now, so that the first run has no page faults, and makes a run of unset inputs repeatable.
  std::memset(memory, 0, parts.used);

  auto** const inputs = reinterpret_cast<void**>(memory + pointers);
  void** const outputs = inputs + n.input_count;
  detail::carver slots{io};
  for (int k = 0; k < n.input_count; ++k) inputs[k] = memory + slots.take(detail::bytes_of(n.inputs[k]));
  for (int k = 0; k < n.output_count; ++k) outputs[k] = memory + slots.take(detail::bytes_of(n.outputs[k]));

  auto* const i = ::new (static_cast<void*>(memory)) instance{
      n.run, blob, memory + arena, memory + state, memory + threads, &n, u, size, parts.used, inputs, outputs};
  bind(i, blob, size);
  reset(i);
  if (u->threads_start != nullptr) u->threads_start(i->threads);
  *opened = i;
  return 0;
}

inline int load(model const* m, void const* bytes, std::size_t size, bool copy, void const** blob, char* text,
                std::size_t text_size) noexcept {
  int code = 0;
  unit const* const u = detail::select(*m, code, text, text_size);
  if (u == nullptr) return code;
  message what("dsi: weights of network ");
  what << m->name;
  void* owned = nullptr;
  if (copy) {
    owned = detail::allocate(size == 0 ? 1 : size);
    if (owned == nullptr)
      return detail::fail(errc::out_of_memory, what << ": no memory for " << static_cast<index>(size) << " bytes", text, text_size);
    if (size != 0) std::memcpy(owned, bytes, size);
    bytes = owned;
  } else if (reinterpret_cast<std::uintptr_t>(bytes) % alignment != 0) {
    return detail::fail(errc::invalid_argument, what << ": the bytes do not start at a multiple of 64; use load() instead of view()", text, text_size);
  }
  code = u->networks[0].check(bytes, size, check_depth::full, text, text_size);
  if (code != 0) {
    detail::deallocate(owned);
    return code;
  }
  *blob = bytes;
  return 0;
}

inline void release(void const* blob) noexcept { detail::deallocate(const_cast<void*>(blob)); }

[[noreturn]] inline void end(char const* text) noexcept {
  std::fprintf(stderr, "%s\n", text);
  std::abort();
}

}  // namespace runtime

/// The dispatcher's table. Weights are null where the network has none in the binary.
template <int Units, int Networks>
constexpr model make_model(char const* name, unit const* const (&units)[Units], expected_network const (&networks)[Networks],
                           unsigned char const* weights, std::uint64_t const* weights_size) {
  return {abi_version,   name,           units,         Units,          networks,      Networks,          weights,      weights_size,
          &runtime::open, &runtime::close, &runtime::bind, &runtime::reset, &runtime::park, &runtime::load, &runtime::release, &runtime::end};
}

}  // namespace dsi::embed
