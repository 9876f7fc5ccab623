// SPDX-License-Identifier: MIT
// Fixes a model's inputs: symbols get sizes (DIMS, BATCH), inputs become constants (BIND).
#pragma once

#include <algorithm>

#include <dsi/import/bound_value.hpp>
#include <dsi/import/command_line.hpp>

namespace DSI_NAMESPACE::import {

/// An input after fixing: its extents, and its value when it is bound.
struct fixed_input {
  std::string name;
  tensor_desc desc{};
  std::optional<onnx_tensor> bound;
};

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
    if (!parse_number(text.substr(0, x), d) || d < 0) return std::nullopt;
    dims.push_back(d);
    if (x == std::string_view::npos) return dims;
    text.remove_prefix(x + 1);
  }
}

/// The command line against the model: whom DIMS, BATCH and BIND mean, and whether they contradict each other.
class input_fixer {
 public:
  input_fixer(onnx_model const& model, command_line const& c, index batch, diagnostics& notes, std::vector<std::string>& files)
      : model_(model), c_(c), batch_(batch), notes_(notes), files_(files) {}

  std::vector<fixed_input> run() {
    std::size_t const before = notes_.errors();
    check_names();
    check_batch();
    if (notes_.errors() != before) return {};
    std::vector<fixed_input> fixed;
    for (onnx_value const& v : model_.graph.inputs)
      if (auto f = fix(v)) fixed.push_back(std::move(*f));
    return fixed;
  }

 private:
  static assignment const* named(std::vector<assignment> const& list, std::string_view name) {
    for (assignment const& a : list)
      if (a.name == name) return &a;
    return nullptr;
  }
  onnx_value const* input_named(std::string_view name) const {
    for (onnx_value const& v : model_.graph.inputs)
      if (v.name == name) return &v;
    return nullptr;
  }
  bool is_symbol(std::string_view name) const {
    for (onnx_value const& v : model_.graph.inputs)
      for (onnx_dim const& d : v.dims)
        if (!d.symbol.empty() && d.symbol == name) return true;
    return false;
  }
  std::string symbols() const {
    std::vector<std::string> all;
    for (onnx_value const& v : model_.graph.inputs)
      for (onnx_dim const& d : v.dims)
        if (!d.symbol.empty() && std::find(all.begin(), all.end(), d.symbol) == all.end()) all.push_back(d.symbol);
    std::string text;
    for (std::string const& s : all) text += (text.empty() ? "" : ", ") + harmless(s);
    return text.empty() ? "none" : text;
  }

  void check_names() {
    auto const check = [&](std::vector<assignment> const& list, char const* option, bool with_symbols) {
      for (std::size_t i = 0; i < list.size(); ++i) {
        std::string const where = std::string(option) + " " + list[i].name;
        for (std::size_t k = 0; k < i; ++k)
          if (list[k].name == list[i].name) notes_.error(where, "is given twice", "leave one of them out");
        if (input_named(list[i].name) != nullptr || (with_symbols && is_symbol(list[i].name))) continue;
        std::string names;
        for (onnx_value const& v : model_.graph.inputs) names += (names.empty() ? "" : ", ") + harmless(v.name);
        notes_.error(where, with_symbols ? "the model has no such input or symbol" : "the model has no such input",
                     "its inputs are: " + names + (with_symbols ? "; its symbols: " + symbols() : ""));
      }
    };
    check(c_.dims, "DIMS", true);
    check(c_.bind, "BIND", false);
    for (assignment const& a : c_.dims) {
      index n = 0;
      bool const number = parse_number(a.value, n) && n >= 1;
      if (!is_symbol(a.name)) continue;
      onnx_value const* const input = input_named(a.name);
      if (input == nullptr && !number)
        notes_.error("DIMS " + a.name + "=" + a.value, "is no size for the symbol " + in_quotes(a.name), "write DIMS " + a.name + "=16");
      if (input != nullptr && number && input->dims.size() == 1 && input->dims[0].symbol != a.name)
        notes_.error("DIMS " + a.name + "=" + a.value, "can mean the input or the symbol of this name", "rename one of them in the model");
    }
  }

  void check_batch() {
    if (!c_.batch_dim.empty()) {
      std::string const where = "BATCH_DIM " + c_.batch_dim;
      if (batch_ == 0) notes_.error(where, "is given without BATCH", "add the sizes, as in BATCH 1 8, or leave it out");
      else if (!is_symbol(c_.batch_dim)) notes_.error(where, "no input has a symbolic dimension of this name", "its symbols are: " + symbols());
    }
    if (batch_ == 0) return;
    bool any = false;
    for (onnx_value const& v : model_.graph.inputs)
      for (std::size_t i = 0; i < v.dims.size(); ++i) {
        if (!is_batch(v, i)) continue;
        any = true;
        assignment const* const size = v.dims[i].symbol.empty() ? nullptr : named(c_.dims, v.dims[i].symbol);
        index n = 0;
        if (size != nullptr && parse_number(size->value, n) && n != batch_ && input_named(size->name) == nullptr)
          notes_.error("DIMS " + size->name + "=" + size->value, "contradicts BATCH " + std::to_string(batch_) + ", which sets this dimension", "leave one of them out");
      }
    bool const unranked = std::any_of(model_.graph.inputs.begin(), model_.graph.inputs.end(), [](onnx_value const& v) { return !v.ranked; });
    if (!any && !unranked && notes_.ok()) notes_.error("BATCH " + std::to_string(batch_), "no input has a dimension to set", "leave BATCH out");
  }

  /// BATCH sets dimension i of v. The same symbol is the same size everywhere.
  bool is_batch(onnx_value const& v, std::size_t i) const {
    if (batch_ == 0) return false;
    onnx_dim const& d = v.dims[i];
    if (!c_.batch_dim.empty()) return d.symbol == c_.batch_dim;
    if (d.fixed()) return i == 0 && named(c_.bind, v.name) == nullptr;
    if (i == 0) return true;
    for (onnx_value const& other : model_.graph.inputs)
      if (!d.symbol.empty() && !other.dims.empty() && other.dims[0].symbol == d.symbol) return true;
    return false;
  }

  /// DIMS gives the extents of this input as a whole.
  assignment const* whole(onnx_value const& v) const {
    assignment const* const a = named(c_.dims, v.name);
    return a != nullptr && is_symbol(a->name) && a->value.find('x') == std::string::npos ? nullptr : a;
  }

  /// What the user gives goes before an extent of 0: some exporters write it for one that they do not know.
  bool fits_model(onnx_value const& v, std::vector<index> const& dims) const {
    if (!v.ranked) return true;
    if (dims.size() != v.dims.size()) return false;
    for (std::size_t i = 0; i < dims.size(); ++i)
      if (v.dims[i].fixed() && v.dims[i].value != 0 && v.dims[i].value != dims[i] && !is_batch(v, i)) return false;
    return true;
  }

  std::optional<fixed_input> fix(onnx_value const& v) {
    fixed_input f;
    f.name = v.name;
    f.desc.type = v.type.value_or(dtype::f32);
    std::string const where = "input " + in_quotes(v.name);
    auto const refuse = [&](std::string what, std::string remedy) {
      notes_.error(where, std::move(what), std::move(remedy));
      return std::nullopt;
    };
    assignment const* const bind = named(c_.bind, v.name);
    std::vector<index> dims;
    if (bind != nullptr && bind->value.substr(0, 1) == "@") {
      std::string problem;
      auto const value = read_npy(bind->value.substr(1), problem);
      files_.push_back(bind->value.substr(1));
      if (!value) return refuse(problem, "BIND takes input=number or input=@file.npy");
      f.bound = fitting(*value, f.desc.type);
      std::string const type(name_of(f.desc.type));
      if (!f.bound)
        return refuse("its values in " + bind->value.substr(1) + " (" + std::string(name_of(value->type)) + ") do not fit in " + type, "save them as " + type);
      dims = value->dims;
      if (!fits_model(v, dims)) return refuse("the bound value has another shape than the input", "give a value of the input's shape");
    } else if (assignment const* const given = whole(v)) {
      std::string const text = "DIMS " + harmless(v.name) + "=" + given->value;
      auto const extents = extents_from_text(given->value);
      if (!extents) return refuse(text + " is no list of extents", "write DIMS " + harmless(v.name) + "=1x3x224x224");
      dims = *extents;
      if (!fits_model(v, dims)) return refuse(text + " contradicts the model's shape", "give as many extents as the input has, equal to those that the model fixes");
      for (std::size_t i = 0; i < dims.size(); ++i)
        if ((v.ranked ? is_batch(v, i) : batch_ > 0 && i == 0 && c_.batch_dim.empty()) && dims[i] != batch_)
          return refuse(text + " contradicts BATCH " + std::to_string(batch_) + " in dimension " + std::to_string(i),
                        "give the other dimensions by their symbols, or leave BATCH out");
    } else if (!v.ranked) {
      return refuse("its rank is unknown", "give its extents: DIMS " + harmless(v.name) + "=1x3x224x224");
    } else if (!extents_of(v, dims, where)) {
      return std::nullopt;
    }
    if (dims.size() > static_cast<std::size_t>(max_rank))
      return refuse("has " + std::to_string(dims.size()) + " dimensions, dsi supports " + std::to_string(max_rank), "merge some before the network");
    index product = size_of(f.desc.type);
    for (index d : dims) {
      f.desc.extents.push_back(d);
      product = checked_product(product, larger(1, d));
    }
    if (product < 0 || product > index{1} << 40) return refuse("its extents multiply to more than fits", "reduce them");
    if (bind != nullptr && !f.bound) {
      if (product > index{1} << 30) return refuse("is too large for BIND", "leave BIND out, or reduce DIMS");
      f.bound = tensor_from_text(bind->value, f.desc.type, dims);
      if (!f.bound)
        return refuse("BIND " + harmless(v.name) + "=" + bind->value + " is no value of this input",
                      "write " + std::string(name_of(f.desc.type)) + " numbers, one or as many as the input has elements (" + std::to_string(f.desc.size()) +
                          "), separated by commas, or @file.npy");
    }
    return f;
  }

  /// Extents from the model, BATCH and the symbols of DIMS. Reports every open dimension.
  bool extents_of(onnx_value const& v, std::vector<index>& dims, std::string const& where) {
    std::string open;
    for (std::size_t i = 0; i < v.dims.size(); ++i) {
      onnx_dim const& d = v.dims[i];
      assignment const* const symbol = d.symbol.empty() ? nullptr : named(c_.dims, d.symbol);
      index n = 0;
      if (is_batch(v, i)) {
        dims.push_back(batch_);
      } else if (d.fixed()) {
        dims.push_back(d.value);
      } else if (symbol != nullptr && parse_number(symbol->value, n) && n >= 1) {
        dims.push_back(n);
      } else {
        dims.push_back(-1);
        open += (open.empty() ? "" : ", ") + std::string("dimension ") + std::to_string(i) + (d.symbol.empty() ? "" : " (" + harmless(d.symbol) + ")");
      }
    }
    if (open.empty()) {
      auto const none = std::find(dims.begin(), dims.end(), 0);
      if (none != dims.end())
        notes_.warning(where, "has the extent 0 in dimension " + std::to_string(none - dims.begin()) + ", so that it holds no elements",
                       "if the exporter means an unknown extent, give it: DIMS " + harmless(v.name) + "=" + example_of(dims));
      return true;
    }
    std::string by_symbol;
    for (onnx_dim const& d : v.dims)
      if (!d.symbol.empty() && !d.fixed()) by_symbol += " or DIMS " + harmless(d.symbol) + "=16";
    notes_.error(where, open + " is not fixed", "fix it, for example DIMS " + harmless(v.name) + "=" + example_of(dims) + by_symbol);
    return false;
  }
  /// Extents for DIMS, with some number in place of each that is not known or 0.
  static std::string example_of(std::vector<index> const& dims) {
    std::string text;
    for (std::size_t i = 0; i < dims.size(); ++i) text += (i ? "x" : "") + std::to_string(dims[i] > 0 ? dims[i] : i == 0 ? 1 : 16);
    return text;
  }

  onnx_model const& model_;
  command_line const& c_;
  index batch_;
  diagnostics& notes_;
  std::vector<std::string>& files_;
};

}  // namespace detail

/// Applies the command line to the model's inputs; `batch` is 0 to keep dimension 0. Reports everything that stands in the way.
inline std::vector<fixed_input> fix_inputs(onnx_model const& model, command_line const& c, index batch, diagnostics& notes, std::vector<std::string>& files) {
  return detail::input_fixer(model, c, batch, notes, files).run();
}

}  // namespace DSI_NAMESPACE::import
