// SPDX-License-Identifier: MIT
// Builds small ONNX models through protobuf's classes, for the tests of the reader.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include <dsi/import/onnx_reader.hpp>

namespace model_builder {

namespace pb = ::onnx;
namespace di = dsi::import;

inline pb::ValueInfoProto* value(pb::ValueInfoProto* v, std::string const& name, std::initializer_list<std::int64_t> dims,
                                 int type = pb::TensorProto::FLOAT) {
  v->set_name(name);
  auto* t = v->mutable_type()->mutable_tensor_type();
  t->set_elem_type(type);
  t->mutable_shape();
  for (auto d : dims) t->mutable_shape()->add_dim()->set_dim_value(d);
  return v;
}

inline pb::NodeProto* node(pb::NodeProto* n, std::string const& op, std::initializer_list<char const*> in,
                           std::initializer_list<char const*> out, std::string const& name = "") {
  n->set_op_type(op);
  n->set_name(name);
  for (auto const* i : in) n->add_input(i);
  for (auto const* o : out) n->add_output(o);
  return n;
}

template <class Owner>
pb::AttributeProto* attribute(Owner* n, std::string const& name, pb::AttributeProto::AttributeType type) {
  auto* a = n->add_attribute();
  a->set_name(name);
  a->set_type(type);
  return a;
}

inline void floats(pb::TensorProto* t, std::string const& name, std::initializer_list<std::int64_t> dims,
                   std::initializer_list<float> values) {
  t->set_name(name);
  t->set_data_type(pb::TensorProto::FLOAT);
  for (auto d : dims) t->add_dims(d);
  for (auto v : values) t->add_float_data(v);
}

/// IR and opset, nothing else.
inline pb::ModelProto empty(std::int64_t opset = 17, std::int64_t ir = 8) {
  pb::ModelProto m;
  m.set_ir_version(ir);
  m.add_opset_import()->set_version(opset);
  m.mutable_graph()->set_name("g");
  return m;
}

/// x [1, 4] -> Relu "act" -> y.
inline pb::ModelProto relu(std::int64_t opset = 17, std::int64_t ir = 8) {
  auto m = empty(opset, ir);
  value(m.mutable_graph()->add_input(), "x", {1, 4});
  value(m.mutable_graph()->add_output(), "y", {1, 4});
  node(m.mutable_graph()->add_node(), "Relu", {"x"}, {"y"}, "act");
  return m;
}

inline di::outcome<di::onnx_model> read_bytes(std::string const& bytes, di::read_options const& options = {}) {
  return di::read_onnx(std::as_bytes(std::span(bytes)), {}, options);
}
inline di::outcome<di::onnx_model> read(pb::ModelProto const& m, di::read_options const& options = {}) {
  return read_bytes(m.SerializeAsString(), options);
}

/// A folder of its own, removed at the end.
class temporary_folder {
 public:
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "dsi-import-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_folder(temporary_folder const&) = delete;
  temporary_folder& operator=(temporary_folder const&) = delete;
  std::filesystem::path const& path() const { return path_; }
  std::filesystem::path write(std::string const& name, std::string const& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace model_builder

/// The model is refused, and one of the notes contains the text.
#define CHECK_REFUSED(Model, Text)                                  \
  do {                                                              \
    auto const refused_outcome = model_builder::read(Model);        \
    CHECK_FALSE(static_cast<bool>(refused_outcome));                \
    CAPTURE(refused_outcome.notes.text());                          \
    CHECK(refused_outcome.notes.contains(Text));                    \
  } while (false)
