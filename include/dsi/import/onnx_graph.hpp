// SPDX-License-Identifier: MIT
// A trained network as ONNX says it, in plain checked structs: no protobuf, no file.
#pragma once

#include <bit>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <dsi/import/diagnostic.hpp>
#include <dsi/numeric/dtype.hpp>

namespace DSI_NAMESPACE::import {

/// A constant. Invariant after reading: bytes.size() == product(dims) * size_of(type), at most max_rank dims, none negative.
struct onnx_tensor {
  std::string name;
  dtype type = dtype::f32;
  std::vector<index> dims;       ///< empty: a scalar
  std::vector<std::byte> bytes;  ///< little-endian, row-major; bool is one byte, 0 or 1

  /// Elements in all.
  index size() const { return static_cast<index>(bytes.size()) / size_of(type); }
  /// The element at flat position i. Precondition: type == dtype_of<T>, 0 <= i < size().
  template <class T>
  T at(index i) const {
    static_assert(std::endian::native == std::endian::little, "dsi: the import tool runs on little-endian machines");
    T value{};
    std::memcpy(&value, bytes.data() + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
    return value;
  }
  template <class T>
  std::vector<T> values() const {
    std::vector<T> all(static_cast<std::size_t>(size()));
    for (index i = 0; i < size(); ++i) all[static_cast<std::size_t>(i)] = at<T>(i);
    return all;
  }
  bool operator==(onnx_tensor const&) const = default;
};

/// A tensor from values.
template <class T>
onnx_tensor make_tensor(std::string name, std::vector<index> dims, std::span<T const> values) {
  onnx_tensor t{std::move(name), dtype_of<T>, std::move(dims), {}};
  t.bytes.resize(values.size_bytes());
  if (!values.empty()) std::memcpy(t.bytes.data(), values.data(), values.size_bytes());
  return t;
}

struct onnx_graph;

enum class attribute_kind : std::uint8_t { integer, real, text, tensor, graph, integers, reals, texts };

constexpr std::string_view name_of(attribute_kind k) {
  switch (k) {
    case attribute_kind::integer: return "an int";
    case attribute_kind::real: return "a float";
    case attribute_kind::text: return "a string";
    case attribute_kind::tensor: return "a tensor";
    case attribute_kind::graph: return "a graph";
    case attribute_kind::integers: return "a list of ints";
    case attribute_kind::reals: return "a list of floats";
    case attribute_kind::texts: return "a list of strings";
  }
  return "?";
}

/// One attribute. Exactly the member that kind names has a meaning; tensors and graphs hold one element then.
struct onnx_attribute {
  std::string name;
  attribute_kind kind = attribute_kind::integer;
  std::int64_t i = 0;
  float f = 0;
  std::string s;
  std::vector<std::int64_t> ints;
  std::vector<float> floats;
  std::vector<std::string> strings;
  std::vector<onnx_tensor> tensors;
  std::vector<onnx_graph> graphs;
  /// Inside a function body only: the attribute of the call whose value this one takes. Empty after reading.
  std::string reference;
};

struct onnx_node {
  std::string op_type;
  std::string domain;                ///< "" is the standard domain, however the file spells it
  std::string overload;              ///< of a call of a model-local function; such calls are gone after reading
  std::string name;                  ///< as in the file, possibly empty
  index version = 0;                 ///< of the domain's operator set that gives the node its meaning; 0: not imported
  std::vector<std::string> inputs;   ///< "" is an input left out
  std::vector<std::string> outputs;  ///< "" is an output nobody wants
  std::vector<onnx_attribute> attributes;

  onnx_attribute const* find(std::string_view attribute) const {
    for (onnx_attribute const& a : attributes)
      if (a.name == attribute) return &a;
    return nullptr;
  }
  bool has(std::string_view attribute) const { return find(attribute) != nullptr; }
  bool is(std::string_view op) const { return domain.empty() && op_type == op; }
  /// True when input i exists and is not left out.
  bool has_input(std::size_t i) const { return i < inputs.size() && !inputs[i].empty(); }
  bool has_output(std::size_t i) const { return i < outputs.size() && !outputs[i].empty(); }

  // The value of an attribute, or the default when the node has none of that name. For the standard domain the reader
  // has checked that an attribute has the kind that the standard gives it, so that "none" never hides a wrong kind.
  std::int64_t int_or(std::string_view attribute, std::int64_t otherwise) const {
    auto const* a = find(attribute, attribute_kind::integer);
    return a ? a->i : otherwise;
  }
  float float_or(std::string_view attribute, float otherwise) const {
    auto const* a = find(attribute, attribute_kind::real);
    return a ? a->f : otherwise;
  }
  std::string string_or(std::string_view attribute, std::string_view otherwise) const {
    auto const* a = find(attribute, attribute_kind::text);
    return a ? a->s : std::string(otherwise);
  }
  std::vector<std::int64_t> ints_or(std::string_view attribute, std::vector<std::int64_t> otherwise) const {
    auto const* a = find(attribute, attribute_kind::integers);
    return a ? a->ints : otherwise;
  }
  std::vector<float> floats_or(std::string_view attribute, std::vector<float> otherwise) const {
    auto const* a = find(attribute, attribute_kind::reals);
    return a ? a->floats : otherwise;
  }
  std::vector<std::string> strings_or(std::string_view attribute, std::vector<std::string> otherwise) const {
    auto const* a = find(attribute, attribute_kind::texts);
    return a ? a->strings : otherwise;
  }
  onnx_tensor const* tensor(std::string_view attribute) const;
  onnx_graph const* graph(std::string_view attribute) const;

 private:
  onnx_attribute const* find(std::string_view attribute, attribute_kind kind) const {
    auto const* a = find(attribute);
    return a && a->kind == kind ? a : nullptr;
  }
};

/// One dimension of a value: fixed, a symbol, or unknown.
struct onnx_dim {
  index value = -1;    ///< >= 0: fixed
  std::string symbol;  ///< not empty: symbolic; the same symbol is the same size everywhere
  bool fixed() const { return value >= 0; }
  bool unknown() const { return value < 0 && symbol.empty(); }
  bool operator==(onnx_dim const&) const = default;
};

/// What the file says of a value. After reading, an input or output of the main graph has a type.
struct onnx_value {
  std::string name;
  std::optional<dtype> type;
  bool ranked = false;  ///< false: even the number of dimensions is unknown, and dims is empty
  std::vector<onnx_dim> dims;
};

/// Nodes and the values between them. Invariants after reading: nodes stand in topological order; every value has one
/// definition and a name that no other value of the model has, in whatever subgraph; every name read is defined in the
/// graph or around it; an initializer is never an input as well.
struct onnx_graph {
  std::string name;
  std::vector<onnx_node> nodes;
  std::vector<onnx_value> inputs;
  std::vector<onnx_value> outputs;
  std::vector<onnx_tensor> initializers;
  std::vector<onnx_value> value_infos;

  onnx_tensor const* initializer(std::string_view value) const {
    for (onnx_tensor const& t : initializers)
      if (t.name == value) return &t;
    return nullptr;
  }
};

inline onnx_tensor const* onnx_node::tensor(std::string_view attribute) const {
  auto const* a = find(attribute, attribute_kind::tensor);
  return a && !a->tensors.empty() ? &a->tensors.front() : nullptr;
}
inline onnx_graph const* onnx_node::graph(std::string_view attribute) const {
  auto const* a = find(attribute, attribute_kind::graph);
  return a && !a->graphs.empty() ? &a->graphs.front() : nullptr;
}

/// An operator that the model defines by a graph of others.
struct onnx_function {
  std::string name;
  std::string domain;
  std::string overload;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<onnx_attribute> defaults;  ///< attributes with a default value
  std::vector<onnx_node> nodes;
};

struct onnx_model {
  index ir_version = 0;
  std::map<std::string, index> opset_imports;  ///< by domain; "" is the standard one
  onnx_graph graph;
  std::string producer;
  std::map<std::string, std::string> metadata;
  std::vector<onnx_function> functions;  ///< empty after reading: every call is inlined
  std::vector<std::string> external_files;  ///< paths of the files beside the model that hold weights

  /// Version of the standard operator set; 0 when the model imports none.
  index opset() const {
    auto const found = opset_imports.find("");
    return found == opset_imports.end() ? 0 : found->second;
  }
};

/// `Conv "conv1"`, or `Conv (output "x")` for a node without a name: how messages name a node.
inline std::string label(onnx_node const& n) {
  std::string text;
  if (!n.domain.empty()) text += n.domain + '.';
  text += n.op_type.empty() ? "node" : n.op_type;
  if (text.size() > 120) text.resize(120);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  if (!n.name.empty()) return text + ' ' + in_quotes(n.name);
  for (std::string const& out : n.outputs)
    if (!out.empty()) return text + " (output " + in_quotes(out) + ')';
  return text;
}

}  // namespace DSI_NAMESPACE::import
