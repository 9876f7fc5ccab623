// SPDX-License-Identifier: MIT
// Fixes a model's inputs: symbols get sizes (DIMS, BATCH), inputs become constants (BIND).
#pragma once

#include <dsi/import/command_line.hpp>
#include <dsi/import/fold.hpp>
#include <dsi/import/npy.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

/// A name from a file inside a message: as in_quotes, without the quotes.
inline std::string harmless(std::string_view name) {
  std::string const quoted = in_quotes(name);
  return quoted.substr(1, quoted.size() - 2);
}

/// "1x3x224x224" as extents; nothing when it is no such list.
inline std::optional<std::vector<index>> extents_from_text(std::string_view text) {
  std::vector<index> dims;
  while (true) {
    auto const x = text.find('x');
    index d = 0;
    if (!parse_number(text.substr(0, x), d) || d < 1) return std::nullopt;
    dims.push_back(d);
    if (x == std::string_view::npos) return dims;
    text.remove_prefix(x + 1);
  }
}

/// A scalar or a list "1,2,3" as a tensor of the input's type.
inline std::optional<onnx_tensor> tensor_from_text(std::string_view text, dtype type, std::vector<index> const& dims) {
  std::vector<double> values;
  while (true) {
    auto const comma = text.find(',');
    std::string const item(text.substr(0, comma));
    char* end = nullptr;
    double const v = item == "true" ? 1 : item == "false" ? 0 : std::strtod(item.c_str(), &end);
    if (item.empty() || (end != nullptr && *end != '\0')) return std::nullopt;
    values.push_back(v);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  index const n = elements_of(dims);
  if (static_cast<index>(values.size()) != n && values.size() != 1) return std::nullopt;
  onnx_tensor t = blank(type, dims);
  for (index i = 0; i < t.size(); ++i) set_real(t, i, values[values.size() == 1 ? 0 : static_cast<std::size_t>(i)]);
  return t;
}

}  // namespace detail

/// An input after fixing: its extents, and its value when it is bound.
struct fixed_input {
  std::string name;
  tensor_desc desc{};
  std::optional<onnx_tensor> bound;
};

/// Applies the command line to the model's inputs; `batch` is 0 to keep dimension 0. Reports every open dimension.
inline std::vector<fixed_input> fix_inputs(onnx_model const& model, command_line const& c, index batch, diagnostics& notes, std::vector<std::string>& files) {
  std::vector<fixed_input> fixed;
  auto const named = [&](std::vector<assignment> const& list, std::string_view name) -> assignment const* {
    for (assignment const& a : list)
      if (a.name == name) return &a;
    return nullptr;
  };
  std::vector<std::string> used;
  for (onnx_value const& v : model.graph.inputs) {
    fixed_input f;
    f.name = v.name;
    f.desc.type = v.type.value_or(dtype::f32);
    std::string const where = "input " + in_quotes(v.name);
    std::vector<index> dims;
    std::string open;
    assignment const* const whole = named(c.dims, v.name);
    assignment const* const bind = named(c.bind, v.name);
    std::optional<onnx_tensor> value;
    if (bind != nullptr) {
      used.push_back(v.name);
      if (bind->value.substr(0, 1) == "@") {
        std::string problem;
        value = read_npy(bind->value.substr(1), problem);
        files.push_back(bind->value.substr(1));
        if (!value) {
          notes.error(where, problem, "BIND takes input=number or input=@file.npy");
          continue;
        }
        if (value->type != f.desc.type) {
          onnx_tensor converted = detail::blank(f.desc.type, value->dims);
          for (index i = 0; i < value->size(); ++i) detail::set_real(converted, i, detail::real_at(*value, i));
          value = std::move(converted);
        }
      }
    }
    if (value) {
      dims = value->dims;
      bool fits = !v.ranked || dims.size() == v.dims.size();
      for (std::size_t i = 0; fits && v.ranked && i < dims.size(); ++i) fits = !v.dims[i].fixed() || v.dims[i].value == dims[i];
      if (!fits) notes.error(where, "the bound value has another shape than the input", "give a value of the input's shape");
    } else if (whole != nullptr) {
      used.push_back(v.name);
      auto const text = detail::extents_from_text(whole->value);
      if (!text) {
        notes.error(where, "DIMS " + detail::harmless(v.name) + "=" + whole->value + " is no list of extents", "write DIMS " + detail::harmless(v.name) + "=1x3x224x224");
        continue;
      }
      dims = *text;
      bool fits = !v.ranked || dims.size() == v.dims.size();
      for (std::size_t i = 0; fits && v.ranked && i < dims.size(); ++i) fits = !v.dims[i].fixed() || v.dims[i].value == dims[i];
      if (!fits) notes.error(where, "DIMS " + detail::harmless(v.name) + "=" + whole->value + " contradicts the model's shape", "give as many extents as the input has, equal to those that the model fixes");
    } else if (!v.ranked) {
      notes.error(where, "its rank is unknown", "give its extents: DIMS " + detail::harmless(v.name) + "=1x3x224x224");
      continue;
    } else {
      for (std::size_t i = 0; i < v.dims.size(); ++i) {
        onnx_dim const& d = v.dims[i];
        bool const is_batch = batch > 0 && (c.batch_dim.empty() ? i == 0 : d.symbol == c.batch_dim);
        assignment const* const symbol = d.symbol.empty() ? nullptr : named(c.dims, d.symbol);
        index n = 0;
        if (is_batch) {
          dims.push_back(batch);
        } else if (d.fixed()) {
          dims.push_back(d.value);
        } else if (symbol != nullptr && detail::parse_number(symbol->value, n) && n >= 1) {
          used.push_back(d.symbol);
          dims.push_back(n);
        } else {
          dims.push_back(0);
          open += (open.empty() ? "" : ", ") + std::string("dimension ") + std::to_string(i) + (d.symbol.empty() ? "" : " (" + detail::harmless(d.symbol) + ")");
        }
      }
      if (batch > 0 && c.batch_dim.empty() && v.dims.empty()) {}  // a scalar has no batch
    }
    if (!open.empty()) {
      std::string example;
      for (std::size_t i = 0; i < dims.size(); ++i) example += (i ? "x" : "") + std::to_string(dims[i] > 0 ? dims[i] : i == 0 ? 1 : 16);
      std::string by_symbol;
      for (onnx_dim const& d : v.dims)
        if (!d.symbol.empty() && !d.fixed()) by_symbol += " or DIMS " + detail::harmless(d.symbol) + "=16";
      notes.error(where, open + " is not fixed", "fix it, for example DIMS " + detail::harmless(v.name) + "=" + example + by_symbol);
      continue;
    }
    if (dims.size() > max_rank) {
      notes.error(where, "has " + std::to_string(dims.size()) + " dimensions, dsi supports " + std::to_string(max_rank), "merge some before the network");
      continue;
    }
    for (index d : dims) f.desc.extents.push_back(d);
    if (f.desc.bytes() < 0 || f.desc.bytes() > (index{1} << 40)) {
      notes.error(where, "its extents multiply to more than fits", "reduce them");
      continue;
    }
    if (bind != nullptr && !value) {
      value = detail::tensor_from_text(bind->value, f.desc.type, dims);
      if (!value) {
        notes.error(where, "BIND " + detail::harmless(v.name) + "=" + bind->value + " is no value of this input", "write a number, as many numbers as the input has elements separated by commas, or @file.npy");
        continue;
      }
    }
    f.bound = std::move(value);
    fixed.push_back(std::move(f));
  }
  auto const unused = [&](std::vector<assignment> const& list, char const* option) {
    for (assignment const& a : list) {
      bool known = std::find(used.begin(), used.end(), a.name) != used.end();
      for (onnx_value const& v : model.graph.inputs) {
        known = known || v.name == a.name;
        for (onnx_dim const& d : v.dims) known = known || d.symbol == a.name;
      }
      if (known) continue;
      std::string names;
      for (onnx_value const& v : model.graph.inputs) names += (names.empty() ? "" : ", ") + detail::harmless(v.name);
      notes.error(std::string(option) + " " + a.name, "the model has no such input or symbol", "its inputs are: " + names);
    }
  };
  unused(c.dims, "DIMS");
  unused(c.bind, "BIND");
  return fixed;
}

}  // namespace DSI_NAMESPACE::import
