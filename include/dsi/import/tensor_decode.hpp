// SPDX-License-Identifier: MIT
// One ONNX tensor, in any of the ways that a file may store it, into canonical bytes.
#pragma once

#include <charconv>
#include <iterator>
#include <type_traits>
#include <utility>

#include <dsi/import/element_table.hpp>
#include <dsi/import/external_data.hpp>

namespace DSI_NAMESPACE::import {

/// More elements than this in one tensor are taken for a lie, whatever the rest of the file says.
inline constexpr index max_elements = index{1} << 40;

/// ONNX's element types by number (TensorProto.DataType).
inline constexpr std::string_view onnx_type_names[] = {
    "UNDEFINED", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16", "DOUBLE",
    "UINT32", "UINT64", "COMPLEX64", "COMPLEX128", "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2",
    "FLOAT8E5M2FNUZ", "UINT4", "INT4", "FLOAT4E2M1", "FLOAT8E8M0", "UINT2", "INT2"};

inline std::string onnx_type_name(int number) {
  bool const known = number >= 0 && number < static_cast<int>(std::size(onnx_type_names));
  return (known ? std::string(onnx_type_names[number]) : std::string("element type")) + " (" + std::to_string(number) + ')';
}

/// What to do about an element type that dsi does not have.
inline std::string remedy_for_type(int number) {
  if (number == 8) return "map strings to numbers before the network, and export without them";
  if (number == 14 || number == 15) return "export real and imaginary parts as two real tensors";
  return "export with float32, float64, float16, bfloat16, bool or 8 to 64 bit integers";
}

/// A tensor as a file stores it: views into the parsed message, which outlives them.
struct tensor_fields {
  std::string_view name;
  std::span<std::int64_t const> dims;
  int data_type = 0;
  std::string_view raw;
  std::span<float const> floats;
  std::span<std::int32_t const> int32s;
  std::span<std::int64_t const> int64s;
  std::span<double const> doubles;
  std::span<std::uint64_t const> uint64s;
  std::size_t strings = 0;
  bool segmented = false;
  bool external = false;
  std::vector<std::pair<std::string_view, std::string_view>> external_data;
};

/// Turns stored tensors into canonical ones, within a budget of bytes for the whole model.
class tensor_decoder {
 public:
  tensor_decoder(external_files files, std::size_t most_bytes, diagnostics& notes)
      : files_(std::move(files)), most_bytes_(most_bytes), notes_(&notes) {}

  /// Bytes decoded so far.
  std::size_t bytes() const { return bytes_; }
  /// The files beside the model that were read.
  std::vector<std::string> const& files() const { return files_.files(); }

  /// Reports at `where` and returns nothing when the tensor is refused.
  std::optional<onnx_tensor> decode(tensor_fields const& in, std::string const& where) {
    auto const type = dtype_of_onnx(in.data_type);
    if (!type) return refuse(where, "has element type " + onnx_type_name(in.data_type), remedy_for_type(in.data_type));
    if (in.dims.size() > static_cast<std::size_t>(max_rank))
      return refuse(where, "has " + std::to_string(in.dims.size()) + " dimensions; dsi takes at most " + std::to_string(max_rank),
                    "merge dimensions with a Reshape");
    onnx_tensor out{std::string(in.name), *type, {in.dims.begin(), in.dims.end()}, {}};
    index count = 1;
    for (index const d : out.dims) {
      if (d < 0) return refuse(where, "has the negative dimension " + std::to_string(d), export_again);
      count = checked_product(count, d);
    }
    if (count < 0 || count > max_elements)
      return refuse(where, "claims dims " + list(in.dims) + ", more than 2^40 elements", export_again);
    auto const wanted = static_cast<std::size_t>(count * size_of(*type));
    if (in.segmented) return refuse(where, "is stored in segments", "store it whole");
    if (in.external ? !read_external(in, wanted, out, where) : !read_fields(in, wanted, out, where)) return std::nullopt;
    if (*type == dtype::boolean)
      for (std::byte& b : out.bytes) b = b != std::byte{0} ? std::byte{1} : std::byte{0};
    bytes_ += wanted;
    return out;
  }

 private:
  static constexpr char const* export_again = "the file is damaged: export it again";

  std::nullopt_t refuse(std::string const& where, std::string what, std::string remedy) {
    notes_->error(where, std::move(what), std::move(remedy));
    return std::nullopt;
  }
  /// Asked once it is known that so many bytes are there. The first refusal stands for all.
  bool affordable(std::size_t wanted, std::string const& where) {
    if (wanted <= most_bytes_ - bytes_) return true;
    if (!std::exchange(over_budget_, true))
      refuse(where, "brings the model's constants above " + std::to_string(most_bytes_) + " bytes",
             "raise read_options::max_tensor_bytes");
    return false;
  }
  static std::string list(std::span<std::int64_t const> dims) {
    std::string text = "[";
    for (std::size_t i = 0; i < dims.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(dims[i]);
    return text + ']';
  }

  static bool number(std::string_view text, std::uint64_t& value) {
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failed == std::errc() && end == text.data() + text.size();
  }

  bool read_external(tensor_fields const& in, std::size_t wanted, onnx_tensor& out, std::string const& where) {
    std::string_view location;
    std::uint64_t offset = 0;
    std::uint64_t length = wanted;
    for (auto const& [key, value] : in.external_data) {
      if (key == "location") location = value;
      if ((key == "offset" && !number(value, offset)) || (key == "length" && !number(value, length))) {
        refuse(where, "has external data with " + std::string(key) + ' ' + in_quotes(value) + ", which is not a size", export_again);
        return false;
      }
    }
    if (length != wanted) {
      refuse(where, "has dims " + list(in.dims) + " of " + std::string(name_of(out.type)) + ", which is " +
                 std::to_string(wanted) + " bytes, but external data of length " + std::to_string(length), export_again);
      return false;
    }
    if (!affordable(wanted, where)) return false;
    if (auto no = files_.read(location, offset, wanted, out.bytes)) {
      refuse(where, std::move(no->what), std::move(no->remedy));
      return false;
    }
    return true;
  }

  bool read_fields(tensor_fields const& in, std::size_t wanted, onnx_tensor& out, std::string const& where) {
    std::size_t const typed[] = {in.floats.size(), in.int32s.size(), in.int64s.size(), in.doubles.size(), in.uint64s.size(),
                                 in.strings};
    std::size_t const stored = static_cast<std::size_t>(std::count_if(std::begin(typed), std::end(typed), [](auto n) { return n != 0; }));
    if (stored + (in.raw.empty() ? 0 : 1) > 1) {
      refuse(where, "stores its values twice, in different fields", export_again);
      return false;
    }
    if (stored == 0) {
      if (!length_matches(in, wanted, in.raw.size(), "raw_data", out, where)) return false;
      auto const* first = reinterpret_cast<std::byte const*>(in.raw.data());
      out.bytes.assign(first, first + in.raw.size());
      return true;
    }
    switch (out.type) {
      case dtype::f32: return copy<float>(in, wanted, in.floats, "float_data", out, where);
      case dtype::f64: return copy<double>(in, wanted, in.doubles, "double_data", out, where);
      case dtype::i64: return copy<std::int64_t>(in, wanted, in.int64s, "int64_data", out, where);
      case dtype::u64: return copy<std::uint64_t>(in, wanted, in.uint64s, "uint64_data", out, where);
      case dtype::u32: return copy<std::uint32_t>(in, wanted, in.uint64s, "uint64_data", out, where);
      case dtype::i32: return copy<std::int32_t>(in, wanted, in.int32s, "int32_data", out, where);
      case dtype::i16: return copy<std::int16_t>(in, wanted, in.int32s, "int32_data", out, where);
      case dtype::i8: return copy<std::int8_t>(in, wanted, in.int32s, "int32_data", out, where);
      case dtype::u8: case dtype::boolean: return copy<std::uint8_t>(in, wanted, in.int32s, "int32_data", out, where);
      case dtype::u16: case dtype::f16: case dtype::bf16:
        return copy<std::uint16_t>(in, wanted, in.int32s, "int32_data", out, where);
    }
    return false;
  }

  bool length_matches(tensor_fields const& in, std::size_t wanted, std::size_t have, std::string_view field,
                      onnx_tensor const& out, std::string const& where) {
    if (have == wanted) return affordable(wanted, where);
    refuse(where, "has dims " + list(in.dims) + " of " + std::string(name_of(out.type)) + ", which is " + std::to_string(wanted) +
               " bytes, but " + std::to_string(have) + " bytes in " + std::string(field), export_again);
    return false;
  }

  /// Narrows stored values to the element type; half and bfloat16 are stored as their 16 bits.
  template <class Element, class Stored>
  bool copy(tensor_fields const& in, std::size_t wanted, std::span<Stored const> values, std::string_view field,
            onnx_tensor& out, std::string const& where) {
    if (!length_matches(in, wanted, values.size() * sizeof(Element), field, out, where)) return false;
    out.bytes.resize(wanted);
    for (std::size_t i = 0; i < values.size(); ++i) {
      Element const element = static_cast<Element>(values[i]);
      if constexpr (!std::is_same_v<Element, Stored>) {
        // Some writers store 16-bit patterns sign-extended.
        bool const sign_extended = (out.type == dtype::f16 || out.type == dtype::bf16) && std::cmp_equal(static_cast<std::int16_t>(element), values[i]);
        if (!std::cmp_equal(element, values[i]) && !sign_extended) {
          refuse(where, "holds " + std::to_string(values[i]) + " at position " + std::to_string(i) + " of " + std::string(field) +
                     ", which " + std::string(name_of(out.type)) + " cannot represent", export_again);
          return false;
        }
      }
      std::memcpy(out.bytes.data() + i * sizeof(Element), &element, sizeof(Element));
    }
    return true;
  }

  external_files files_;
  std::size_t most_bytes_;
  diagnostics* notes_;
  std::size_t bytes_ = 0;
  bool over_budget_ = false;
};

}  // namespace DSI_NAMESPACE::import
