// SPDX-License-Identifier: MIT
// Operators as run-time values: what the tool needs of any operator type, behind one interface.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <dsi/backend/reference/view.hpp>
#include <dsi/kernel/kernel.hpp>
#include <dsi/numeric/numeric_traits.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE::reference {
template <class Value>
struct implementation;
}

namespace DSI_NAMESPACE::import {

/// Reads parameter `input` of an affine operator at a channel.
using parameter_reader = std::function<double(int input, index channel)>;

/// An operator value whose type the tool has forgotten.
class any_operator {
 public:
  virtual ~any_operator() = default;
  virtual std::string_view name() const = 0;
  virtual op_traits traits(op_inputs in) const = 0;
  virtual inferred infer(op_inputs in) const = 0;
  virtual index macs(op_inputs in, tensor_desc const& out) const = 0;
  virtual std::uint64_t hash() const = 0;
  /// The C++ expression that makes the attribute value, or empty for an operator without attributes.
  virtual std::string attributes_text() const = 0;
  /// The operator as a C++ type, given the name of a constant that holds its attributes.
  virtual std::string type_text(std::string const& attributes_name) const = 0;
  virtual void affine(parameter_reader const& get, index channel, double& scale, double& shift) const = 0;
  /// Computes on the host with the reference loops; false when the operator has none for these types.
  virtual bool evaluate(std::vector<tensor_desc> const& in, std::vector<void const*> const& x, std::vector<tensor_desc> const& out,
                        std::vector<void*> const& y) const = 0;
  /// The value, for rewrites that look for one operator type; null when it is another.
  virtual void const* value_if(void const* type_key) const = 0;
};

namespace detail {

/// One address per type, as a key without RTTI.
template <class T>
inline constexpr char type_key = 0;

inline std::string number_text(std::int64_t v) {
  return v == std::numeric_limits<std::int64_t>::min() ? "(-9223372036854775807 - 1)" : std::to_string(v);
}

/// One statement per attribute of a value `a`, in the order of each_field.
template <class Value>
std::vector<std::string> attribute_statements(Value const& v) {
  std::vector<std::string> all;
  if constexpr (requires { v.each_field([](auto const&...) {}); }) {
    v.each_field([&all](std::string_view name, auto const& field) {
      using field_type = std::remove_cvref_t<decltype(field)>;
      std::string const target = "a." + std::string(name);
      auto const assign = [&](std::string const& to, auto const& value) {
        using type = std::remove_cvref_t<decltype(value)>;
        std::string const number = number_text(static_cast<std::int64_t>(value));
        if constexpr (std::is_same_v<type, bool>) all.push_back(to + " = " + (value ? "true" : "false") + ";");
        else if constexpr (std::is_enum_v<type>) all.push_back(to + " = static_cast<std::remove_reference_t<decltype(" + to + ")>>(" + number + ");");
        else all.push_back(to + " = " + number + (std::is_unsigned_v<type> ? "u;" : ";"));
      };
      if constexpr (std::is_array_v<field_type>) {
        int i = 0;
        for (auto const& f : field) assign(target + "[" + std::to_string(i++) + "]", f);
      } else if constexpr (std::is_same_v<field_type, float_bits>) {
        all.push_back(target + ".bits = " + std::to_string(field.bits) + "u;");
      } else if constexpr (std::is_same_v<field_type, shape>) {
        std::string dims;
        for (int i = 0; i < field.rank; ++i) dims += (i ? ", " : "") + number_text(field.dim[i]);
        all.push_back(target + " = " + (field.rank > 0 ? "dsi::shape(" + dims + ");" : "dsi::shape{};"));
      } else {
        assign(target, field);
      }
    });
  }
  return all;
}

/// The statements that make v from a value-initialized one.
template <class Value>
std::string attribute_changes(Value const& v) {
  auto const mine = attribute_statements(v), usual = attribute_statements(Value{});
  std::string text;
  for (std::size_t i = 0; i < mine.size(); ++i)
    if (mine[i] != usual[i]) text += " " + mine[i];
  return text;
}

template <class Value>
class operator_of final : public any_operator {
 public:
  explicit operator_of(Value const& v) : value_(v) {}
  std::string_view name() const override { return Value::name; }
  op_traits traits(op_inputs in) const override { return traits_of(value_, in); }
  inferred infer(op_inputs in) const override { return infer_of(value_, in); }
  index macs(op_inputs in, tensor_desc const& out) const override { return macs_of(value_, in, out); }
  std::uint64_t hash() const override { return hash_of(value_); }
  std::string attributes_text() const override {
    if constexpr (has_fields) return "[] { dsi::" + std::string(Value::name) + "_attributes a{};" + attribute_changes(value_) + " return a; }()";
    else return {};
  }
  std::string type_text(std::string const& attributes_name) const override {
    if constexpr (has_fields) return "dsi::with_attributes<" + attributes_name + ">";
    else return "dsi::" + std::string(Value::name);
  }
  void affine(parameter_reader const& get, index channel, double& scale, double& shift) const override {
    if constexpr (requires { value_.affine(get, channel, scale, shift); }) value_.affine(get, channel, scale, shift);
  }
  bool evaluate(std::vector<tensor_desc> const& in, std::vector<void const*> const& x, std::vector<tensor_desc> const& out,
                std::vector<void*> const& y) const override;
  void const* value_if(void const* key) const override { return key == &type_key<Value> ? &value_ : nullptr; }

 private:
  static constexpr bool has_fields = requires(Value const& v) { v.each_field([](auto const&...) {}); };
  Value value_;
};

}  // namespace detail

using operator_ptr = std::shared_ptr<any_operator const>;

template <class Value>
operator_ptr make_operator(Value const& v) {
  return std::make_shared<detail::operator_of<Value>>(v);
}

/// The operator's value when it is a Value, else null.
template <class Value>
Value const* as_operator(operator_ptr const& op) {
  return static_cast<Value const*>(op->value_if(&detail::type_key<Value>));
}

}  // namespace DSI_NAMESPACE::import
