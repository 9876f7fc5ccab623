// SPDX-License-Identifier: MIT
// The file format of packed weights: header, one entry per packed tensor, data. Little-endian.
#pragma once

#include <cstring>
#include <span>

#include <dsi/core/result.hpp>
#include <dsi/plan/pack_weights.hpp>

namespace DSI_NAMESPACE {

/// First bytes of a blob.
struct blob_header {
  char magic[4];            ///< "DSIW"
  std::uint32_t version;    ///< blob_version
  std::uint64_t structure;  ///< structure_hash of the network
  std::uint64_t bytes;      ///< of the whole blob
  std::uint64_t checksum;   ///< blob_checksum of everything behind the header
  std::uint32_t entries;
  std::uint32_t reserved;
  std::uint64_t data_offset;  ///< 64-byte aligned
  std::uint64_t data_bytes;
  std::uint64_t reserved2;
};
static_assert(sizeof(blob_header) == 64);

/// One packed tensor.
struct blob_entry {
  std::uint8_t type;    ///< dtype
  std::uint8_t layout;  ///< layout
  std::uint16_t reserved;
  std::uint32_t rank;
  std::uint64_t offset;  ///< into the data
  std::uint64_t bytes;
};
static_assert(sizeof(blob_entry) == 24);

inline constexpr std::uint32_t blob_version = 1;

constexpr index blob_data_offset(plan_view p) {
  return round_up(static_cast<index>(sizeof(blob_header) + sizeof(blob_entry) * static_cast<std::size_t>(p.weight_count)), static_cast<index>(alignment));
}
constexpr index blob_bytes(plan_view p) { return blob_data_offset(p) + p.weight_bytes; }

/// Four independent multiply-xor lanes over 8-byte words: several bytes per cycle, every changed bit changes the result.
inline std::uint64_t blob_checksum(std::byte const* data, std::size_t size) {
  constexpr std::uint64_t prime = 0x9e3779b97f4a7c15ull;
  std::uint64_t lane[4]{1, 2, 3, 4};
  std::size_t i = 0;
  auto const word = [data](std::size_t at) {
    std::uint64_t w;
    std::memcpy(&w, data + at, 8);
    return w;
  };
  for (; i + 32 <= size; i += 32)
    for (std::size_t k = 0; k < 4; ++k) {
      lane[k] = (lane[k] ^ word(i + 8 * k)) * prime;
      lane[k] ^= lane[k] >> 29;
    }
  for (; i < size; ++i) lane[0] = (lane[0] ^ static_cast<std::uint64_t>(data[i])) * prime;
  std::uint64_t h = static_cast<std::uint64_t>(size);
  for (std::uint64_t l : lane) {
    h = (h ^ l) * prime;
    h ^= h >> 32;
  }
  return h;
}

/// Writes header and entries in front of packed data that is already in place.
inline void write_blob_header(std::byte* blob, std::uint64_t structure, plan_view p) {
  std::memset(blob, 0, static_cast<std::size_t>(blob_data_offset(p)));
  for (int i = 0; i < p.weight_count; ++i) {
    plan_weight const& w = p.weights[i];
    blob_entry const e{static_cast<std::uint8_t>(w.desc.type), static_cast<std::uint8_t>(w.desc.order), 0, static_cast<std::uint32_t>(w.desc.rank()),
                       static_cast<std::uint64_t>(w.offset), static_cast<std::uint64_t>(w.bytes)};
    std::memcpy(blob + sizeof(blob_header) + sizeof(blob_entry) * static_cast<std::size_t>(i), &e, sizeof e);
  }
  blob_header h{};
  std::memcpy(h.magic, "DSIW", 4);
  h.version = blob_version;
  h.structure = structure;
  h.bytes = static_cast<std::uint64_t>(blob_bytes(p));
  h.entries = static_cast<std::uint32_t>(p.weight_count);
  h.data_offset = static_cast<std::uint64_t>(blob_data_offset(p));
  h.data_bytes = static_cast<std::uint64_t>(p.weight_bytes);
  h.checksum = blob_checksum(blob + sizeof h, static_cast<std::size_t>(h.bytes) - sizeof h);
  std::memcpy(blob, &h, sizeof h);
}

/// True unless the element at p is a NaN, or an infinity where none is allowed. Looks at bits: it holds in any
/// floating-point mode.
inline bool acceptable(dtype type, std::byte const* p, bool infinities) {
  std::uint64_t bits = 0, exponent = 0, sign = 0;
  std::memcpy(&bits, p, static_cast<std::size_t>(size_of(type)));
  switch (type) {
    case dtype::f64: exponent = 0x7ff0000000000000ull; sign = 1ull << 63; break;
    case dtype::f16: exponent = 0x7c00; sign = 0x8000; break;
    case dtype::bf16: exponent = 0x7f80; sign = 0x8000; break;
    default: exponent = 0x7f800000; sign = 0x80000000; break;
  }
  if ((bits & exponent) != exponent) return true;
  return infinities && (bits & ~sign) == exponent;
}

/// An element that no blob may hold.
struct bad_value {
  int weight = -1;   ///< into plan_view::weights; -1: there is none
  index element = 0; ///< as packed
};
/// The first one in the packed part of a blob. What `load` and `from` refuse is the same.
inline bad_value first_bad_value(plan_view p, std::byte const* data) {
  for (int i = 0; i < p.weight_count; ++i) {
    plan_weight const& w = p.weights[i];
    if (!is_floating(w.desc.type)) continue;
    index const step = size_of(w.desc.type), count = w.bytes / step;
    for (index k = 0; k < count; ++k)
      if (!acceptable(w.desc.type, data + w.offset + k * step, w.infinities)) return {i, k};
  }
  return {};
}

/// Length, magic, version and structure: what a blob must have that was linked into the binary beside its program.
inline result<void> check_blob_header(std::span<std::byte const> blob, std::uint64_t structure, plan_view p) {
  auto const bad = [](errc code, std::string_view text) { return failure{code, message(text)}; };
  blob_header h;
  if (blob.size() < sizeof h) return bad(errc::malformed, "weights: shorter than a header (64 bytes); the file is cut off or empty");
  std::memcpy(&h, blob.data(), sizeof h);
  if (std::memcmp(h.magic, "DSIW", 4) != 0) return bad(errc::malformed, "weights: the bytes do not start with DSIW; this is no weights file of dsi");
  if (h.version != blob_version)
    return failure{errc::mismatch, message("weights: format version ").append(static_cast<index>(h.version)).append(" but this program reads ").append(static_cast<index>(blob_version)).append("; make the blob with the dsi that built the program")};
  if (h.bytes != blob.size())
    return failure{errc::malformed, message("weights: the header says ").append(static_cast<index>(h.bytes)).append(" bytes but there are ").append(static_cast<index>(blob.size())).append("; the file is cut off or has been appended to")};
  if (h.structure != structure)
    return bad(errc::mismatch, "weights: made for another network (the structure hash differs); rebuild the program, or convert weights of this very network");
  if (h.entries != static_cast<std::uint32_t>(p.weight_count) || h.bytes != static_cast<std::uint64_t>(blob_bytes(p)) ||
      h.data_offset != static_cast<std::uint64_t>(blob_data_offset(p)) || h.data_bytes != static_cast<std::uint64_t>(p.weight_bytes))
    return bad(errc::mismatch, "weights: packed for other kernels than this program's; make the blob with the dsi that built the program");
  return {};
}

/// Everything about a blob that can be wrong: the header, layouts, checksum, non-finite values.
inline result<void> check_blob(std::span<std::byte const> blob, std::uint64_t structure, plan_view p) {
  if (auto good = check_blob_header(blob, structure, p); !good) return good;
  auto const bad = [](errc code, std::string_view text) { return failure{code, message(text)}; };
  blob_header h;
  std::memcpy(&h, blob.data(), sizeof h);
  if (h.checksum != blob_checksum(blob.data() + sizeof h, blob.size() - sizeof h))
    return bad(errc::malformed, "weights: the checksum does not match; the file is damaged");
  for (int i = 0; i < p.weight_count; ++i) {
    plan_weight const& w = p.weights[i];
    blob_entry e;
    std::memcpy(&e, blob.data() + sizeof h + sizeof e * static_cast<std::size_t>(i), sizeof e);
    if (e.type != static_cast<std::uint8_t>(w.desc.type) || e.layout != static_cast<std::uint8_t>(w.desc.order) ||
        e.rank != static_cast<std::uint32_t>(w.desc.rank()) || e.offset != static_cast<std::uint64_t>(w.offset) || e.bytes != static_cast<std::uint64_t>(w.bytes))
      return failure{errc::mismatch, message("weights: tensor ").append(static_cast<index>(i)).append(" has another type, shape or layout than this program needs; make the blob with the dsi that built the program")};
  }
  if (bad_value const bad_one = first_bad_value(p, blob.data() + h.data_offset); bad_one.weight >= 0)
    return failure{errc::not_finite, message("weights: tensor ").append(static_cast<index>(bad_one.weight)).append(" holds a NaN or an infinity; train or convert again")};
  return {};
}

}  // namespace DSI_NAMESPACE
