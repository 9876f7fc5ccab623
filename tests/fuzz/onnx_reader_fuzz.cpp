// SPDX-License-Identifier: MIT
// libFuzzer target: no bytes may crash the import, from the reader to the packed weights. A model that the reader accepts keeps
// the promises of onnx_graph; a plan that the planner makes is valid.
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -DDSI_ONNX onnx_reader_fuzz.cpp -lonnx_proto -lprotobuf
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <unordered_set>

#include <dsi/import/program.hpp>

namespace {

namespace di = dsi::import;

void require(bool promise) {
  if (!promise) std::abort();
}

void check(di::onnx_graph const& g, std::unordered_set<std::string> around, std::unordered_set<std::string>& all, bool main) {
  auto const define = [&](std::string const& name) {
    if (name.empty()) return;
    require(all.insert(name).second);
    around.insert(name);
  };
  for (auto const& v : g.inputs) {
    define(v.name);
    require(!main || v.type.has_value());
    require(v.dims.size() <= static_cast<std::size_t>(dsi::max_rank));
  }
  for (auto const& t : g.initializers) {
    define(t.name);
    dsi::index count = 1;
    require(t.dims.size() <= static_cast<std::size_t>(dsi::max_rank));
    for (auto d : t.dims) count = dsi::checked_product(count, d);
    require(count >= 0 && t.bytes.size() == static_cast<std::size_t>(count * dsi::size_of(t.type)));
  }
  for (auto const& n : g.nodes) {
    require(!n.is("Constant") && !n.op_type.empty());
    for (auto const& in : n.inputs) require(in.empty() || around.contains(in));
    for (auto const& a : n.attributes) {
      require(a.reference.empty() && !a.name.empty());
      require(a.tensors.size() == (a.kind == di::attribute_kind::tensor ? 1u : 0u));
      require(a.graphs.size() == (a.kind == di::attribute_kind::graph ? 1u : 0u));
      for (auto const& inner : a.graphs) check(inner, around, all, false);
    }
    for (auto const& out : n.outputs) define(out);
  }
  for (auto const& v : g.outputs) require(around.contains(v.name));
}

/// What the dsi program does with a model that it could read, within a small budget for constants.
void import_whole(std::shared_ptr<di::onnx_model const> const& model) {
  dsi::index constexpr most = dsi::index{1} << 22;
  for (bool batch : {false, true}) {
    di::command_line c;
    if (batch) c.batch = {2};
    di::diagnostics notes;
    std::vector<std::string> files;
    auto const networks = di::detail::plan_model(model, c, {most, most}, notes, files);
    require(networks.empty() != notes.ok());
    require(notes.text().find('\033') == std::string::npos);
    require(!notes.contains("this is a mistake in dsi"));
    if (networks.empty() || networks[0].plan.weight_bytes > dsi::index{1} << 24) continue;
    di::planned_network const& p = networks[0];
    std::string const blob = di::make_blob(p.graph, p.native, p.plan.view());
    require(static_cast<dsi::index>(blob.size()) == dsi::blob_bytes(p.plan.view()));
    require(!di::emit_model("net", "net.onnx", networks, "dsi::simd_backend<>", "dsi::serial", {}).empty());
  }
}

// Bytes flipped at random mostly break a length, and the walk over the wire format ends there. So half of the mutations
// change the parsed message instead: what follows the walk is reached with well-formed files.
namespace gp = google::protobuf;

void collect(gp::Message& m, std::vector<gp::Message*>& all, std::vector<std::string>& strings) {
  all.push_back(&m);
  auto const* access = m.GetReflection();
  std::vector<gp::FieldDescriptor const*> fields;
  access->ListFields(m, &fields);
  for (auto const* f : fields) {
    int const count = f->is_repeated() ? access->FieldSize(m, f) : 1;
    for (int i = 0; i < count; ++i) {
      if (f->cpp_type() == gp::FieldDescriptor::CPPTYPE_MESSAGE)
        collect(f->is_repeated() ? *access->MutableRepeatedMessage(&m, f, i) : *access->MutableMessage(&m, f), all, strings);
      else if (f->cpp_type() == gp::FieldDescriptor::CPPTYPE_STRING)
        strings.push_back(f->is_repeated() ? access->GetRepeatedString(m, f, i) : access->GetString(m, f));
    }
  }
}

std::int64_t number(std::minstd_rand& random) {
  static constexpr std::int64_t interesting[] = {0, 1, -1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 22, 127, 255,
                                                 256, 65536, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN,
                                                 std::int64_t{1} << 32, std::int64_t{1} << 40};
  return interesting[random() % std::size(interesting)];
}

void change(gp::Message& m, gp::FieldDescriptor const* f, std::vector<std::string> const& strings, std::minstd_rand& random) {
  using F = gp::FieldDescriptor;
  auto const* access = m.GetReflection();
  int const count = f->is_repeated() ? access->FieldSize(m, f) : 0;
  if (f->is_repeated() && count != 0) {
    auto const pick = [&] { return static_cast<int>(random() % static_cast<unsigned>(count)); };
    switch (random() % 4) {
      case 0: access->RemoveLast(&m, f); return;
      case 1: access->SwapElements(&m, f, pick(), pick()); return;
      case 2:
        if (f->cpp_type() == F::CPPTYPE_MESSAGE) {
          auto const& source = access->GetRepeatedMessage(m, f, pick());
          std::unique_ptr<gp::Message> copy(source.New());
          copy->CopyFrom(source);
          access->AddAllocatedMessage(&m, f, copy.release());
          return;
        }
        break;
      default: break;
    }
  } else if (random() % 4 == 0) {
    access->ClearField(&m, f);
    return;
  }
  std::string const text = strings.empty() || random() % 8 == 0 ? std::string() : strings[random() % strings.size()];
  bool const add = f->is_repeated();
  std::int64_t const n = number(random);
  switch (f->cpp_type()) {
    case F::CPPTYPE_INT32: add ? access->AddInt32(&m, f, static_cast<std::int32_t>(n)) : access->SetInt32(&m, f, static_cast<std::int32_t>(n)); break;
    case F::CPPTYPE_INT64: add ? access->AddInt64(&m, f, n) : access->SetInt64(&m, f, n); break;
    case F::CPPTYPE_UINT64: add ? access->AddUInt64(&m, f, static_cast<std::uint64_t>(n)) : access->SetUInt64(&m, f, static_cast<std::uint64_t>(n)); break;
    case F::CPPTYPE_FLOAT: add ? access->AddFloat(&m, f, 1) : access->SetFloat(&m, f, 1); break;
    case F::CPPTYPE_DOUBLE: add ? access->AddDouble(&m, f, 1) : access->SetDouble(&m, f, 1); break;
    case F::CPPTYPE_STRING: add ? access->AddString(&m, f, text) : access->SetString(&m, f, text); break;
    case F::CPPTYPE_ENUM:
      if (!add) access->SetEnumValue(&m, f, static_cast<int>(random() % 15));
      break;
    case F::CPPTYPE_MESSAGE: add ? access->AddMessage(&m, f) : access->MutableMessage(&m, f); break;
    default: break;
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  std::minstd_rand random(seed);
  onnx::ModelProto model;
  if (random() % 2 == 0 || !di::detail::proto_reader::parse(model, std::as_bytes(std::span(data, size))))
    return LLVMFuzzerMutate(data, size, most);
  for (int rounds = 1 + static_cast<int>(random() % 3); rounds > 0; --rounds) {
    std::vector<gp::Message*> all;
    std::vector<std::string> strings;
    collect(model, all, strings);
    auto& m = *all[random() % all.size()];
    auto const* type = m.GetDescriptor();
    if (type->field_count() == 0) continue;
    change(m, type->field(static_cast<int>(random() % static_cast<unsigned>(type->field_count()))), strings, random);
  }
  std::string const bytes = model.SerializeAsString();
  if (bytes.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  di::read_options options;
  options.max_tensor_bytes = std::size_t{1} << 24;
  options.wire.entries = 100'000;
  options.resolve.entries = 5'000;
  options.resolve.bytes = std::size_t{1} << 24;
  auto r = di::read_onnx(std::as_bytes(std::span(data, size)), std::filesystem::path("/nonexistent"), options);
  require(static_cast<bool>(r) == r.notes.ok());
  require(r.notes.text().find('\033') == std::string::npos);
  if (r) {
    std::unordered_set<std::string> all;
    check(r.value->graph, {}, all, true);
    import_whole(std::make_shared<di::onnx_model const>(std::move(*r)));
  }
  return 0;
}
