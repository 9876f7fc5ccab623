// SPDX-License-Identifier: MIT
// From protobuf's messages to plain structs. The only header that knows protobuf and libonnx.
#pragma once

#include <climits>
#include <unordered_set>

#ifndef ONNX_ML
#define ONNX_ML 1  // the only flavour of libonnx's headers that Debian installs
#endif
#ifndef ONNX_NAMESPACE
#define ONNX_NAMESPACE onnx
#endif
#include <google/protobuf/io/coded_stream.h>
#include <onnx/onnx_pb.h>

#include <dsi/import/tensor_decode.hpp>
#include <dsi/import/wire_check.hpp>

namespace DSI_NAMESPACE::import {

/// Operator sets that the importer was written against, and file format versions that it has seen.
inline constexpr index oldest_opset = 7;
inline constexpr index newest_opset = 28;
inline constexpr index newest_ir = 14;

namespace detail {

namespace pb = ::ONNX_NAMESPACE;

class proto_reader {
 public:
  proto_reader(tensor_decoder& tensors, diagnostics& notes) : tensors_(&tensors), notes_(&notes) {}

  /// Empties the message's large fields as it goes, so that weights are not in memory twice.
  onnx_model model(pb::ModelProto& in) {
    onnx_model out;
    out.ir_version = in.ir_version();
    if (in.ir_version() < 1)
      notes_->error("model", "has no IR version", "not a complete ONNX file: export it again");
    else if (in.ir_version() > newest_ir)
      notes_->warning("model", "has IR version " + std::to_string(in.ir_version()) + ", newer than " + std::to_string(newest_ir) +
                                   " that dsi knows", "what the newer version adds is ignored");
    out.opset_imports = opsets(in.opset_import(), "model");
    if (!out.opset_imports.contains(""))
      notes_->error("model", "imports no version of the standard operators (opset)", "export it with opset " + known_opsets());
    out.producer = in.producer_name();
    if (!in.producer_version().empty()) out.producer += ' ' + in.producer_version();
    for (auto const& entry : in.metadata_props()) out.metadata.emplace(entry.key(), entry.value());
    if (in.training_info_size() != 0)
      notes_->warning("model", "holds training information, which is ignored", "");
    for (auto& f : *in.mutable_functions()) out.functions.push_back(function(f, out.opset_imports));
    imports_ = &out.opset_imports;
    out.graph = graph(*in.mutable_graph(), true);
    imports_ = nullptr;
    return out;
  }

 private:
  using opset_map = std::map<std::string, index>;

  static std::string known_opsets() { return std::to_string(oldest_opset) + " to " + std::to_string(newest_opset); }
  static std::string domain(std::string const& name) { return name == "ai.onnx" ? std::string() : name; }

  template <class List>
  opset_map opsets(List const& list, std::string const& where) {
    opset_map out;
    for (auto const& entry : list) {
      std::string const name = domain(entry.domain());
      auto const [known, fresh] = out.emplace(name, entry.version());
      if (!fresh && known->second != entry.version())
        notes_->error(where, "imports the operator set " + in_quotes(entry.domain()) + " in versions " +
                                 std::to_string(known->second) + " and " + std::to_string(entry.version()), "import one version");
      if (!name.empty() || !fresh) continue;
      if (entry.version() < oldest_opset)
        notes_->error(where, "uses opset " + std::to_string(entry.version()) + "; dsi reads " + known_opsets(),
                      "convert it with onnx.version_converter or export it with a newer opset");
      else if (entry.version() > newest_opset)
        notes_->warning(where, "uses opset " + std::to_string(entry.version()) + ", newer than " + std::to_string(newest_opset) +
                                   " that dsi knows", "operators that the newer opset changed are read as in opset " +
                                   std::to_string(newest_opset));
    }
    return out;
  }

  onnx_function function(pb::FunctionProto& in, opset_map const& of_model) {
    onnx_function out;
    out.name = in.name();
    out.domain = domain(in.domain());
    out.overload = overload_of(in, 13);
    std::string const where = "function " + in_quotes(out.domain + '.' + out.name);
    out.inputs.assign(in.input().begin(), in.input().end());
    out.outputs.assign(in.output().begin(), in.output().end());
    opset_map imports = opsets(in.opset_import(), where);
    imports.insert(of_model.begin(), of_model.end());
    imports_ = &imports;
    add_defaults(in, where, out.defaults);
    for (auto& n : *in.mutable_node()) out.nodes.push_back(node(n));
    imports_ = nullptr;
    return out;
  }

  // libonnx 1.12 does not know the fields that IR 9 and 10 added: they lie among the unknown ones there.
  template <class Message>
  static std::string overload_of(Message const& m, int number) {
    if constexpr (requires { m.overload(); }) {
      return m.overload();
    } else {
      std::string found;
      each_unknown(m, number, [&](std::string const& bytes) { found = bytes; });
      return found;
    }
  }
  template <class Function>
  void add_defaults(Function& f, std::string const& where, std::vector<onnx_attribute>& defaults) {
    if constexpr (requires { f.mutable_attribute_proto(); }) {
      for (auto& a : *f.mutable_attribute_proto()) add_attribute(a, where, defaults);
    } else {
      each_unknown(f, 11, [&](std::string const& bytes) {
        pb::AttributeProto a;
        if (parse(a, std::as_bytes(std::span(bytes)))) add_attribute(a, where, defaults);
        else notes_->error(where, "has a default attribute that cannot be parsed", "export the model again");
      });
    }
  }
  template <class Message, class F>
  static void each_unknown(Message const& m, int number, F const& f) {
    auto const& fields = m.unknown_fields();
    for (int i = 0; i < fields.field_count(); ++i)
      if (fields.field(i).number() == number && fields.field(i).type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED)
        f(fields.field(i).length_delimited());
  }

 public:
  template <class Message>
  static bool parse(Message& m, std::span<std::byte const> bytes) {
    if (bytes.size() > INT_MAX) return false;
    google::protobuf::io::CodedInputStream in(reinterpret_cast<std::uint8_t const*>(bytes.data()), static_cast<int>(bytes.size()));
    in.SetTotalBytesLimit(INT_MAX);
    in.SetRecursionLimit(100);
    return m.ParseFromCodedStream(&in) && in.ConsumedEntireMessage();
  }

 private:
  onnx_graph graph(pb::GraphProto& in, bool main) {
    onnx_graph out;
    out.name = in.name();
    std::string const where = "graph " + in_quotes(out.name);
    for (auto& t : *in.mutable_initializer())
      if (auto read = tensor(t, "initializer " + in_quotes(t.name()))) out.initializers.push_back(std::move(*read));
      else out.initializers.push_back({t.name(), dtype::f32, {0}, {}});  // refused above; keeps its name known to the checks
    for (auto const& s : in.sparse_initializer())
      notes_->error("initializer " + in_quotes(s.values().name()), "is sparse", "store it as a dense tensor");
    if (in.quantization_annotation_size() != 0)
      notes_->warning(where, "holds quantization annotations, which are ignored",
                      "QuantizeLinear and DequantizeLinear nodes are what counts");
    std::unordered_set<std::string_view> constants;
    for (onnx_tensor const& t : out.initializers) constants.insert(t.name);
    for (auto const& v : in.input()) {
      out.inputs.push_back(value(v, "input ", true));
      if (main && !constants.contains(v.name()) && !out.inputs.back().type && v.type().value_case() <= pb::TypeProto::kTensorType &&
          v.type().tensor_type().elem_type() == 0)
        notes_->error("input " + in_quotes(v.name()), "has no element type", "give it one: dsi's spans have ONNX's types");
    }
    for (auto const& v : in.output()) out.outputs.push_back(value(v, "output ", true));
    for (auto const& v : in.value_info()) out.value_infos.push_back(value(v, "value ", false));
    for (auto& n : *in.mutable_node()) out.nodes.push_back(node(n));
    return out;
  }

  /// `needed`: an input or output, which must be a tensor. Otherwise the file's remark is dropped with a warning: if the
  /// value is still there when operators are looked at, the operator that makes it is refused then.
  onnx_value value(pb::ValueInfoProto const& in, std::string const& role, bool needed) {
    onnx_value out;
    out.name = in.name();
    auto const refuse = [&](std::string what, std::string remedy) {
      if (needed) notes_->error(role + in_quotes(out.name), std::move(what), std::move(remedy));
      else notes_->warning(role + in_quotes(out.name), std::move(what), "the value must not be needed, or the import fails later");
    };
    char const* const tensors_only = "dsi passes tensors only: export a network whose inputs and outputs are dense tensors";
    switch (in.type().value_case()) {
      case pb::TypeProto::kTensorType: break;
      case pb::TypeProto::VALUE_NOT_SET: return out;
      case pb::TypeProto::kSequenceType: refuse("is a sequence", tensors_only); return out;
      case pb::TypeProto::kMapType: refuse("is a map", tensors_only); return out;
      case pb::TypeProto::kOptionalType: refuse("is an optional", tensors_only); return out;
      case pb::TypeProto::kSparseTensorType: refuse("is a sparse tensor", tensors_only); return out;
      default: refuse("is of a type that dsi does not know", tensors_only); return out;
    }
    auto const& t = in.type().tensor_type();
    if (t.elem_type() != 0) {
      out.type = dtype_of_onnx(t.elem_type());
      if (!out.type) {
        refuse("has element type " + onnx_type_name(t.elem_type()), remedy_for_type(t.elem_type()));
        return out;
      }
    }
    if (!t.has_shape()) return out;
    if (t.shape().dim_size() > max_rank) {
      refuse("has " + std::to_string(t.shape().dim_size()) + " dimensions; dsi takes at most " + std::to_string(max_rank),
             "merge dimensions with a Reshape");
      return out;
    }
    out.ranked = true;
    for (auto const& d : t.shape().dim()) {
      onnx_dim dim;
      if (d.has_dim_value() && d.dim_value() >= 0) dim.value = d.dim_value();  // -1, as some exporters write, is no extent
      if (dim.value > max_elements) {
        refuse("has the dimension " + std::to_string(dim.value) + ", more than 2^40", "export the model again");
        dim.value = -1;
      }
      if (d.has_dim_param() && d.dim_param() != "?") dim.symbol = d.dim_param();
      out.dims.push_back(std::move(dim));
    }
    return out;
  }

  onnx_node node(pb::NodeProto& in) {
    onnx_node out;
    out.op_type = in.op_type();
    out.domain = domain(in.domain());
    out.overload = overload_of(in, 8);
    out.name = in.name();
    if (auto const version = imports_->find(out.domain); version != imports_->end()) out.version = version->second;
    out.inputs.assign(in.input().begin(), in.input().end());
    out.outputs.assign(in.output().begin(), in.output().end());
    std::string const where = label(out);
    for (auto& a : *in.mutable_attribute()) add_attribute(a, where, out.attributes);
    return out;
  }

  /// IR 1 and some exporters leave the type out: then the field that is filled says it.
  static pb::AttributeProto::AttributeType type_of(pb::AttributeProto const& a) {
    if (a.has_type() && a.type() != pb::AttributeProto::UNDEFINED) return a.type();
    if (a.has_i()) return pb::AttributeProto::INT;
    if (a.has_f()) return pb::AttributeProto::FLOAT;
    if (a.has_s()) return pb::AttributeProto::STRING;
    if (a.has_t()) return pb::AttributeProto::TENSOR;
    if (a.has_g()) return pb::AttributeProto::GRAPH;
    if (a.ints_size() != 0) return pb::AttributeProto::INTS;
    if (a.floats_size() != 0) return pb::AttributeProto::FLOATS;
    if (a.strings_size() != 0) return pb::AttributeProto::STRINGS;
    return pb::AttributeProto::UNDEFINED;
  }

  void add_attribute(pb::AttributeProto& in, std::string const& owner, std::vector<onnx_attribute>& into) {
    onnx_attribute out;
    out.name = in.name();
    out.reference = in.ref_attr_name();
    std::string const where = owner + ", attribute " + in_quotes(out.name);
    auto const refuse = [&](std::string const& what, std::string const& remedy) { notes_->error(where, what, remedy); };
    switch (type_of(in)) {
      case pb::AttributeProto::INT: out.kind = attribute_kind::integer; out.i = in.i(); break;
      case pb::AttributeProto::FLOAT: out.kind = attribute_kind::real; out.f = in.f(); break;
      case pb::AttributeProto::STRING: out.kind = attribute_kind::text; out.s = in.s(); break;
      case pb::AttributeProto::INTS:
        out.kind = attribute_kind::integers;
        out.ints.assign(in.ints().begin(), in.ints().end());
        break;
      case pb::AttributeProto::FLOATS:
        out.kind = attribute_kind::reals;
        out.floats.assign(in.floats().begin(), in.floats().end());
        break;
      case pb::AttributeProto::STRINGS:
        out.kind = attribute_kind::texts;
        out.strings.assign(in.strings().begin(), in.strings().end());
        break;
      case pb::AttributeProto::TENSOR:
        out.kind = attribute_kind::tensor;
        if (!out.reference.empty()) break;
        if (!in.has_t()) refuse("has no tensor", "export the model again");
        else if (auto read = tensor(*in.mutable_t(), where)) out.tensors.push_back(std::move(*read));
        break;
      case pb::AttributeProto::GRAPH:
        out.kind = attribute_kind::graph;
        if (!out.reference.empty()) break;
        if (!in.has_g()) refuse("has no graph", "export the model again");
        else out.graphs.push_back(graph(*in.mutable_g(), false));
        break;
      case pb::AttributeProto::SPARSE_TENSOR: case pb::AttributeProto::SPARSE_TENSORS:
        return refuse("is sparse", "store it as a dense tensor");
      case pb::AttributeProto::TENSORS: return refuse("is a list of tensors", "no standard operator has one: replace the node");
      case pb::AttributeProto::GRAPHS: return refuse("is a list of graphs", "no standard operator has one: replace the node");
      case pb::AttributeProto::TYPE_PROTO: case pb::AttributeProto::TYPE_PROTOS:
        return refuse("is a type, as sequences and optionals have", "dsi passes tensors only: export without them");
      default:
        if (out.reference.empty()) return refuse("has no value of a type that dsi knows", "export the model again");
    }
    into.push_back(std::move(out));
  }

  std::optional<onnx_tensor> tensor(pb::TensorProto& in, std::string const& where) {
    auto const view = [](auto const& list) { return std::span(list.data(), static_cast<std::size_t>(list.size())); };
    tensor_fields fields;
    fields.name = in.name();
    fields.dims = view(in.dims());
    fields.data_type = in.data_type();
    fields.raw = in.raw_data();
    fields.floats = view(in.float_data());
    fields.int32s = view(in.int32_data());
    fields.int64s = view(in.int64_data());
    fields.doubles = view(in.double_data());
    fields.uint64s = view(in.uint64_data());
    fields.strings = static_cast<std::size_t>(in.string_data_size());
    fields.segmented = in.has_segment();
    fields.external = in.data_location() == pb::TensorProto::EXTERNAL;
    for (auto const& entry : in.external_data()) fields.external_data.emplace_back(entry.key(), entry.value());
    auto out = tensors_->decode(fields, where);
    if (in.has_raw_data()) std::string().swap(*in.mutable_raw_data());
    return out;
  }

  tensor_decoder* tensors_;
  diagnostics* notes_;
  opset_map const* imports_ = nullptr;  ///< what the nodes being read import
};

}  // namespace detail

/// Parses the bytes of a file that check_wire found sound. Names and order are as in the file; see onnx_reader.hpp.
inline std::optional<onnx_model> parse_onnx(std::span<std::byte const> file, tensor_decoder& tensors, diagnostics& notes) {
  ::ONNX_NAMESPACE::ModelProto message;
  if (!detail::proto_reader::parse(message, file)) {
    notes.error("file", "not an ONNX file: protobuf cannot parse it", "export the model again");
    return std::nullopt;
  }
  if (!message.has_graph()) {
    notes.error("file", "not an ONNX file: it holds no graph", "pass a model made by torch.onnx.export or a like exporter");
    return std::nullopt;
  }
  return detail::proto_reader(tensors, notes).model(message);
}

}  // namespace DSI_NAMESPACE::import
