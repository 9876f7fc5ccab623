// SPDX-License-Identifier: MIT
// Walks the bytes of an ONNX file before protobuf sees them: says where a file is broken, and bounds what parsing costs.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <dsi/import/diagnostic.hpp>
#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE::import {

/// What a file may contain at most. The defaults are far above any real model and far below a machine's memory.
struct wire_limits {
  int depth = 90;                   ///< nested messages; protobuf itself stops at 100
  std::size_t entries = 8'000'000;  ///< messages and strings; each costs up to some 200 bytes of memory when parsed
};

namespace detail {

enum class message_kind : std::uint8_t {
  leaf, model, graph, node, attribute, tensor, sparse, value, type, type_tensor, type_nested, type_map, tensor_shape,
  dim, opset, entry, function, training, annotation,
};

struct message_field {
  message_kind parent;
  unsigned number;
  message_kind child;  ///< leaf: a string, bytes or packed numbers
  std::string_view name;
};

/// The length-delimited fields of onnx.proto (IR 14). Unlisted fields are skipped, as protobuf does.
inline constexpr message_field message_fields[] = {
    {message_kind::model, 7, message_kind::graph, "graph"},
    {message_kind::model, 8, message_kind::opset, "opset_import"},
    {message_kind::model, 14, message_kind::entry, "metadata_props"},
    {message_kind::model, 20, message_kind::training, "training_info"},
    {message_kind::model, 25, message_kind::function, "functions"},
    {message_kind::graph, 1, message_kind::node, "node"},
    {message_kind::graph, 5, message_kind::tensor, "initializer"},
    {message_kind::graph, 11, message_kind::value, "input"},
    {message_kind::graph, 12, message_kind::value, "output"},
    {message_kind::graph, 13, message_kind::value, "value_info"},
    {message_kind::graph, 14, message_kind::annotation, "quantization_annotation"},
    {message_kind::graph, 15, message_kind::sparse, "sparse_initializer"},
    {message_kind::graph, 16, message_kind::entry, "metadata_props"},
    {message_kind::node, 1, message_kind::leaf, "input"},
    {message_kind::node, 2, message_kind::leaf, "output"},
    {message_kind::node, 5, message_kind::attribute, "attribute"},
    {message_kind::node, 9, message_kind::entry, "metadata_props"},
    {message_kind::attribute, 4, message_kind::leaf, "s"},
    {message_kind::attribute, 5, message_kind::tensor, "t"},
    {message_kind::attribute, 6, message_kind::graph, "g"},
    {message_kind::attribute, 9, message_kind::leaf, "strings"},
    {message_kind::attribute, 10, message_kind::tensor, "tensors"},
    {message_kind::attribute, 11, message_kind::graph, "graphs"},
    {message_kind::attribute, 14, message_kind::type, "tp"},
    {message_kind::attribute, 15, message_kind::type, "type_protos"},
    {message_kind::attribute, 22, message_kind::sparse, "sparse_tensor"},
    {message_kind::attribute, 23, message_kind::sparse, "sparse_tensors"},
    {message_kind::tensor, 4, message_kind::leaf, "float_data"},
    {message_kind::tensor, 5, message_kind::leaf, "int32_data"},
    {message_kind::tensor, 6, message_kind::leaf, "string_data"},
    {message_kind::tensor, 7, message_kind::leaf, "int64_data"},
    {message_kind::tensor, 9, message_kind::leaf, "raw_data"},
    {message_kind::tensor, 10, message_kind::leaf, "double_data"},
    {message_kind::tensor, 11, message_kind::leaf, "uint64_data"},
    {message_kind::tensor, 13, message_kind::entry, "external_data"},
    {message_kind::tensor, 16, message_kind::entry, "metadata_props"},
    {message_kind::sparse, 1, message_kind::tensor, "values"},
    {message_kind::sparse, 2, message_kind::tensor, "indices"},
    {message_kind::value, 2, message_kind::type, "type"},
    {message_kind::value, 4, message_kind::entry, "metadata_props"},
    {message_kind::type, 1, message_kind::type_tensor, "tensor_type"},
    {message_kind::type, 4, message_kind::type_nested, "sequence_type"},
    {message_kind::type, 5, message_kind::type_map, "map_type"},
    {message_kind::type, 8, message_kind::type_tensor, "sparse_tensor_type"},
    {message_kind::type, 9, message_kind::type_nested, "optional_type"},
    {message_kind::type_tensor, 2, message_kind::tensor_shape, "shape"},
    {message_kind::type_nested, 1, message_kind::type, "elem_type"},
    {message_kind::type_map, 2, message_kind::type, "value_type"},
    {message_kind::tensor_shape, 1, message_kind::dim, "dim"},
    {message_kind::function, 4, message_kind::leaf, "input"},
    {message_kind::function, 5, message_kind::leaf, "output"},
    {message_kind::function, 6, message_kind::leaf, "attribute"},
    {message_kind::function, 7, message_kind::node, "node"},
    {message_kind::function, 9, message_kind::opset, "opset_import"},
    {message_kind::function, 11, message_kind::attribute, "attribute_proto"},
    {message_kind::function, 12, message_kind::value, "value_info"},
    {message_kind::function, 14, message_kind::entry, "metadata_props"},
    {message_kind::training, 1, message_kind::graph, "initialization"},
    {message_kind::training, 2, message_kind::graph, "algorithm"},
    {message_kind::training, 3, message_kind::entry, "initialization_binding"},
    {message_kind::training, 4, message_kind::entry, "update_binding"},
    {message_kind::annotation, 2, message_kind::entry, "quant_parameter_tensor_names"},
};
inline constexpr unsigned field_numbers = 32;
inline constexpr std::size_t message_kinds = static_cast<std::size_t>(message_kind::annotation) + 1;

/// message_fields by parent and number, as position + 1; 0 is an unlisted field.
inline constexpr auto field_table = [] {
  std::array<std::array<std::uint8_t, field_numbers>, message_kinds> table{};
  std::uint8_t position = 0;
  for (message_field const& f : message_fields) table[static_cast<std::size_t>(f.parent)][f.number] = ++position;
  return table;
}();

class wire_walk {
 public:
  wire_walk(std::span<std::byte const> file, wire_limits limits) : file_(file), limits_(limits) {}

  /// Empty when the whole file is sound.
  std::string run() {
    message(message_kind::model, file_.size(), 0, nullptr);
    return std::move(problem_);
  }

 private:
  struct step {  ///< where in the tree of messages the walk stands, for messages to people
    step const* above;
    message_field const* field;
    std::size_t position;
  };

  static std::string path(step const* at) {
    if (at == nullptr) return "model";
    std::string text = at->above ? path(at->above) + '.' : std::string();
    return text + std::string(at->field->name) + '[' + std::to_string(at->position) + ']';
  }
  bool stop(std::string text) {
    problem_ = std::move(text);
    return false;
  }
  bool truncated(std::size_t at, step const* where) {
    return stop("not an ONNX file or truncated at byte " + std::to_string(at) + " (in " + path(where) + ')');
  }
  bool broken(std::size_t at, step const* where, std::string const& why) {
    return stop("not an ONNX file: byte " + std::to_string(at) + " (in " + path(where) + ") " + why);
  }

  bool varint(std::uint64_t& value, std::size_t end, step const* where) {
    value = 0;
    std::size_t const begin = at_;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      if (at_ >= end) return truncated(at_, where);
      auto const byte = std::to_integer<std::uint64_t>(file_[at_++]);
      value |= shift < 64 ? (byte & 0x7f) << shift : 0;
      if ((byte & 0x80) == 0) return true;
    }
    return broken(begin, where, "is a number of more than ten bytes");
  }

  bool message(message_kind kind, std::size_t end, int depth, step const* where) {
    if (depth > limits_.depth)
      return stop("messages nest deeper than " + std::to_string(limits_.depth) + " at byte " + std::to_string(at_));
    std::array<std::size_t, field_numbers> seen{};
    while (at_ < end) {
      std::size_t const tag_at = at_;
      std::uint64_t tag = 0;
      if (!varint(tag, end, where)) return false;
      std::uint64_t const number = tag >> 3;
      if (number == 0 || number > 0x1fffffff) return broken(tag_at, where, "is not the start of a field");
      std::uint64_t length = 0;
      switch (tag & 7) {
        case 0:
          if (!varint(length, end, where)) return false;
          continue;
        case 1: length = 8; break;
        case 5: length = 4; break;
        case 2:
          if (!varint(length, end, where)) return false;
          break;
        default: return broken(tag_at, where, "is not the start of a field");
      }
      std::size_t const entry =
          number < field_numbers ? field_table[static_cast<std::size_t>(kind)][static_cast<std::size_t>(number)] : 0;
      message_field const* const field = entry != 0 ? &message_fields[entry - 1] : nullptr;
      if (length > end - at_) {
        if ((tag & 7) != 2 || field == nullptr) return truncated(file_.size(), where);
        step const here{where, field, seen[number]};
        return stop("not an ONNX file or truncated at byte " + std::to_string(end) + ": " + path(&here) +
                    " starts at byte " + std::to_string(at_) + " and claims " + std::to_string(length) + " bytes, but " +
                    std::to_string(end - at_) + " are left");
      }
      if ((tag & 7) != 2) {
        at_ += static_cast<std::size_t>(length);
        continue;
      }
      if (++entries_ > limits_.entries)
        return stop("the file has more than " + std::to_string(limits_.entries) + " messages and strings");
      if (field == nullptr || field->child == message_kind::leaf) {
        at_ += static_cast<std::size_t>(length);
        if (field != nullptr) ++seen[number];
        continue;
      }
      step const here{where, field, seen[number]++};
      if (!message(field->child, at_ + static_cast<std::size_t>(length), depth + 1, &here)) return false;
    }
    return true;
  }

  std::span<std::byte const> file_;
  wire_limits limits_;
  std::size_t at_ = 0;
  std::size_t entries_ = 0;
  std::string problem_;
};

}  // namespace detail

/// What is wrong with the bytes of an ONNX file, as a sentence with the place; empty when they are sound protobuf.
inline std::string check_wire(std::span<std::byte const> file, wire_limits limits = {}) {
  if (file.empty()) return "not an ONNX file or truncated at byte 0: the file is empty";
  return detail::wire_walk(file, limits).run();
}

}  // namespace DSI_NAMESPACE::import
