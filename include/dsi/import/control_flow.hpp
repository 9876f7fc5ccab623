// SPDX-License-Identifier: MIT
// If, Loop and Scan: branches are chosen or computed both, loops are unrolled. What remains has no control flow.
#pragma once

#include <dsi/import/lowering.hpp>

namespace DSI_NAMESPACE::import::detail {

/// ONNX nodes that all loops of a network may become together. A compiler takes minutes for as many.
inline constexpr std::size_t most_unrolled = 20'000;

/// Element i along a dimension, which goes.
inline int element_along(binding& b, int x, int axis, index i) {
  shape const s = b.desc_of(x).extents;
  slice_attributes a;
  std::vector<index> rest;
  for (int d = 0; d < s.rank; ++d) {
    a.start.push_back(d == axis ? i : 0);
    a.step.push_back(1);
    a.size.push_back(d == axis ? 1 : s[d]);
    if (d != axis) rest.push_back(s[d]);
  }
  return reshaped(b, b.emit(a, {x}), rest);
}

/// Values of the same extents along a new dimension.
inline int stacked(binding& b, std::vector<int> parts, int axis) {
  auto dims = dims_of(b.desc_of(parts[0]).extents);
  dims.insert(dims.begin() + axis, 1);
  for (int& p : parts) p = reshaped(b, p, dims);
  while (parts.size() > 1 && !b.refused()) {
    std::vector<int> joined;
    for (std::size_t i = 0; i < parts.size(); i += max_inputs) {
      std::vector<int> const some(parts.begin() + static_cast<std::ptrdiff_t>(i), parts.begin() + static_cast<std::ptrdiff_t>(std::min(parts.size(), i + max_inputs)));
      joined.push_back(some.size() == 1 ? some[0] : b.emit(concat_attributes{axis}, some));
    }
    parts = std::move(joined);
  }
  return b.refused() ? -1 : parts[0];
}

/// Outputs that stay -1 were computed from something that was refused before.
inline void lowering::control_flow(onnx_node const& n, std::vector<int> const& in) {
  binding b(graph_, n, in, notes_);
  if (n.is("If")) branch(b);
  else if (n.is("Loop")) loop(b);
  else scan(b);
  for (std::size_t k = 0; k < n.outputs.size(); ++k) {
    int const v = b.refused() ? -1 : b.outputs()[k];
    if (n.outputs[k].empty()) continue;
    define(n.outputs[k], v < 0 ? unavailable : v);
    if (v >= 0) trace_.push_back({&n, k, graph_.value(v).desc, graph_.value(v).constant, v});
  }
}

/// Runs a graph inside the others, whose values it may read, and gives the values of its outputs.
inline std::vector<int> lowering::outputs_of(onnx_graph const& g) {
  run(g);
  std::vector<int> values;
  for (onnx_value const& o : g.outputs) values.push_back(find(o.name));
  return values;
}

/// A condition that is known takes its branch, before the other one is even looked at. For one that is computed, both branches
/// are computed and a selection follows: operators have no effects that could be seen.
inline void lowering::branch(binding& b) {
  onnx_graph const *const yes = b.onnx().graph("then_branch"), *const no = b.onnx().graph("else_branch");
  std::size_t const count = b.onnx().outputs.size();
  if (yes == nullptr || no == nullptr || yes->outputs.size() < count || no->outputs.size() < count)
    return b.refuse("has no then_branch or else_branch that gives its " + std::to_string(count) + " outputs", "the file is damaged; export it again");
  if (!b.has(0) || b.desc(0).size() != 1) return b.refuse("its condition is not one value", "the file is damaged; export it again");
  if (b.is_constant(0)) {
    onnx_graph const& taken = integer_at(b.data(0), 0) != 0 ? *yes : *no;
    add_initializers(taken);
    auto const values = outputs_of(taken);
    for (std::size_t k = 0; k < count; ++k) b.finish(static_cast<int>(k), values[k]);
    return;
  }
  add_initializers(*yes);
  add_initializers(*no);
  auto const first = outputs_of(*yes), second = outputs_of(*no);
  int const condition = reshaped(b, b.cast_to(b.input(0), dtype::boolean), {});
  for (std::size_t k = 0; k < count; ++k) {
    int const x = first[k], y = second[k];
    if (x < 0 || y < 0) continue;
    if (x == y) {
      b.finish(static_cast<int>(k), x);
      continue;
    }
    tensor_desc const &p = b.desc_of(x), &q = b.desc_of(y);
    if (p.type != q.type || !(p.extents == q.extents))
      return b.refuse("its condition is computed at run time, and output " + std::to_string(k) + " is " + std::string(name_of(p.type)) + " " + extents_text(p) + " in one branch and " +
                          std::string(name_of(q.type)) + " " + extents_text(q) + " in the other",
                      "fix what decides the condition with DIMS or BIND, or give both branches the same shape");
    b.finish(static_cast<int>(k), b.emit(where{}, {condition, x, y}));
  }
}

/// Nodes of a graph and of those inside it.
inline std::size_t nodes_within(onnx_graph const& g) {
  std::size_t count = 1 + g.nodes.size();
  for (onnx_node const& n : g.nodes)
    for (onnx_attribute const& a : n.attributes)
      for (onnx_graph const& inner : a.graphs) count += nodes_within(inner);
  return count;
}
inline bool lowering::may_unroll(binding& b, onnx_graph const& body) {
  unrolled_ += nodes_within(body);
  if (unrolled_ <= most_unrolled) return true;
  b.refuse("its loop becomes more than " + std::to_string(most_unrolled) + " nodes", "reduce what decides how often it runs, with DIMS or BIND, or export the model without loops");
  return false;
}

/// One iteration. `values` are the carried ones, before and after; what outputs from `first` on give goes to `collected`. False when
/// an error stands in the way.
inline bool lowering::repeat(binding& b, onnx_graph const& body, std::vector<int>& values, std::size_t carried_from, std::vector<std::vector<int>>& collected, std::size_t first) {
  if (!may_unroll(b, body)) return false;
  auto const given = outputs_of(body);
  if (std::any_of(given.begin(), given.end(), [](int v) { return v < 0; })) return false;
  for (std::size_t s = 0; s < values.size(); ++s) values[s] = given[carried_from + s];
  for (std::size_t k = 0; k < collected.size(); ++k) collected[k].push_back(given[first + k]);
  return true;
}

/// What the iterations gave, along a new dimension; without any iteration, an empty tensor of the extents that the file declares.
inline int lowering::collected_by(binding& b, onnx_value const& declared, std::vector<int> const& parts, std::int64_t axis) {
  if (parts.empty()) {
    bool const known = declared.type && declared.ranked && std::all_of(declared.dims.begin(), declared.dims.end(), [](onnx_dim const& d) { return d.fixed(); });
    if (!known) {
      b.refuse("runs no iteration, and the file does not say the extents of what it would collect in " + in_quotes(declared.name), "declare the shapes of its body's outputs");
      return -1;
    }
    std::vector<index> dims;
    for (onnx_dim const& d : declared.dims) dims.push_back(d.value);
    int const at = b.axis(axis, static_cast<int>(dims.size()) + 1);
    dims.insert(dims.begin() + at, 0);
    return b.may_make(*declared.type, dims) ? b.constant(blank(*declared.type, dims)) : -1;
  }
  tensor_desc const d = b.desc_of(parts[0]);
  for (int p : parts)
    if (b.desc_of(p).type != d.type || !(b.desc_of(p).extents == d.extents)) {
      b.refuse("its iterations give " + extents_text(d) + " and " + extents_text(b.desc_of(p)) + ", which cannot be collected", "pad them to one shape inside the loop");
      return -1;
    }
  if (d.rank() + 1 > max_rank) {
    b.refuse("what it collects has more than " + std::to_string(max_rank) + " dimensions", "merge some of them");
    return -1;
  }
  int const at = b.axis(axis, d.rank() + 1);
  return b.refused() ? -1 : stacked(b, parts, at);
}

/// Inputs M, condition, carried values; the body takes the iteration's number, the condition and those, and gives the condition,
/// those, and what is collected.
inline void lowering::loop(binding& b) {
  onnx_graph const* const body = b.onnx().graph("body");
  std::size_t const carried = b.input_count() > 2 ? static_cast<std::size_t>(b.input_count()) - 2 : 0;
  if (body == nullptr || body->inputs.size() != carried + 2 || body->outputs.size() < carried + 1 || b.onnx().outputs.size() > body->outputs.size() - 1)
    return b.refuse("its body does not take and give what it must", "the file is damaged; export it again");
  if (!b.has(0) && !b.has(1)) return b.refuse("has neither a number of iterations nor a condition, so that it never ends", "correct the model");
  if ((b.has(0) && !b.needs_constant(0, "M, how often it runs")) || (b.has(1) && !b.needs_constant(1, "the condition to begin"))) return;
  for (int i = 0; i < 2; ++i)
    if (b.has(i) && (b.desc(i).size() != 1 || is_floating(b.desc(i).type))) return b.refuse("input " + std::to_string(i) + " is not one integer or bool", "the file is damaged; export it again");
  index const most = b.has(0) ? integer_at(b.data(0), 0) : std::numeric_limits<index>::max();
  bool more = !b.has(1) || integer_at(b.data(1), 0) != 0;
  std::vector<int> values;
  for (std::size_t s = 0; s < carried; ++s) {
    values.push_back(b.input(static_cast<int>(s) + 2));
    if (values.back() < 0) return b.refuse("input " + std::to_string(s + 2) + " is left out", "the file is damaged; export it again");
  }
  std::vector<std::vector<int>> collected(body->outputs.size() - 1 - carried);
  add_initializers(*body);
  for (index i = 0; i < most && more; ++i) {
    define(body->inputs[0].name, b.scalar(dtype::i64, i));
    define(body->inputs[1].name, b.scalar(dtype::boolean, true));
    for (std::size_t s = 0; s < carried; ++s) define(body->inputs[s + 2].name, values[s]);
    if (!repeat(b, *body, values, 1, collected, 1 + carried)) return;
    import_value const& goes_on = graph_.value(find(body->outputs[0].name));
    if (!goes_on.constant || goes_on.data->size() != 1)
      return b.refuse("whether it goes on after iteration " + std::to_string(i) + " is computed at run time",
                      "fix what decides it with DIMS or BIND, or export the model with a fixed number of iterations and a condition that stays true");
    more = integer_at(goes_on.data, 0) != 0;
  }
  for (std::size_t s = 0; s < carried; ++s) b.finish(static_cast<int>(s), values[s]);
  for (std::size_t k = 0; k < collected.size(); ++k)
    if (b.wants_output(static_cast<int>(carried + k))) b.finish(static_cast<int>(carried + k), collected_by(b, body->outputs[1 + carried + k], collected[k], 0));
}

/// Carried values, then sequences, of which each iteration takes one element; the body gives the carried values and what is collected.
inline void lowering::scan(binding& b) {
  if (b.opset() < 9) return b.refuse("is of opset " + std::to_string(b.opset()) + ", where it had batches", "export the model with opset 9 or later");
  onnx_graph const* const body = b.onnx().graph("body");
  auto const sequences = b.integer("num_scan_inputs", 0);
  if (body == nullptr || sequences < 1 || sequences > b.input_count() || body->inputs.size() != static_cast<std::size_t>(b.input_count()))
    return b.refuse("its body does not take what it must", "the file is damaged; export it again");
  auto const read = static_cast<std::size_t>(sequences), carried = static_cast<std::size_t>(b.input_count()) - read;
  if (body->outputs.size() < carried || b.onnx().outputs.size() > body->outputs.size()) return b.refuse("its body does not give what it must", "the file is damaged; export it again");
  std::size_t const written = body->outputs.size() - carried;
  auto const list = [&b](char const* name, std::size_t count) {
    auto v = b.integers(name, std::vector<std::int64_t>(count, 0));
    if (v.size() != count) b.refuse(std::string(name) + " has " + std::to_string(v.size()) + " values where " + std::to_string(count) + " are needed", "correct the attribute " + std::string(name));
    v.resize(count);
    return v;
  };
  auto const axes = list("scan_input_axes", read), backwards = list("scan_input_directions", read), to_axes = list("scan_output_axes", written), prepends = list("scan_output_directions", written);
  std::vector<int> values, axis;
  for (std::size_t i = 0; i < carried + read; ++i) {
    if (!b.has(static_cast<int>(i))) return b.refuse("input " + std::to_string(i) + " is left out", "the file is damaged; export it again");
    if (i < carried) values.push_back(b.input(static_cast<int>(i)));
    else axis.push_back(b.axis(axes[i - carried], b.rank(static_cast<int>(i))));
  }
  if (b.refused()) return;
  auto const sequence = [&](std::size_t k) { return static_cast<int>(carried + k); };
  index const length = b.desc(sequence(0))[axis[0]];
  for (std::size_t k = 0; k < read; ++k)
    if (b.desc(sequence(k))[axis[k]] != length) return b.refuse("its sequences have the lengths " + std::to_string(length) + " and " + std::to_string(b.desc(sequence(k))[axis[k]]), "correct the shapes of its inputs, or DIMS");
  std::vector<std::vector<int>> collected(written);
  add_initializers(*body);
  for (index i = 0; i < length; ++i) {
    for (std::size_t s = 0; s < carried; ++s) define(body->inputs[s].name, values[s]);
    for (std::size_t k = 0; k < read; ++k) define(body->inputs[carried + k].name, element_along(b, b.input(sequence(k)), axis[k], backwards[k] != 0 ? length - 1 - i : i));
    if (b.refused() || !repeat(b, *body, values, 0, collected, carried)) return;
  }
  for (std::size_t s = 0; s < carried; ++s) b.finish(static_cast<int>(s), values[s]);
  for (std::size_t k = 0; k < written; ++k) {
    if (prepends[k] != 0) std::reverse(collected[k].begin(), collected[k].end());
    if (b.wants_output(sequence(k))) b.finish(sequence(k), collected_by(b, body->outputs[carried + k], collected[k], to_axes[k]));
  }
}

}  // namespace DSI_NAMESPACE::import::detail
