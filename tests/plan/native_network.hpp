// SPDX-License-Identifier: MIT
// Networks made at run time, and a plan carried out step by step on the reference loops: what the planner's tests stand on.
#pragma once

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <dsi/backend/reference/reference.hpp>
#include <dsi/import/evaluate.hpp>
#include <dsi/import/native_plan.hpp>
#include <dsi/op/operator_list.hpp>

namespace planning {

namespace di = dsi::import;
using dsi::index;
using values = std::vector<float>;

/// Builds a network of float tensors, one node at a time.
class network_maker {
 public:
  explicit network_maker(unsigned seed = 1) : random(seed) {}

  di::import_graph graph;
  std::mt19937 random;

  int pick(int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); }
  dsi::tensor_desc const& desc(int v) const { return graph.value(v).desc; }

  int input(dsi::shape const& s) {
    di::import_value v;
    v.name = graph.unique("x");
    v.desc.extents = s;
    v.is_input = true;
    graph.inputs.push_back(graph.add_value(std::move(v)));
    return graph.inputs.back();
  }
  /// Seeded values in [0.5, 1.5), so that they serve as variances, too.
  int constant(dsi::shape const& s) {
    di::onnx_tensor t;
    t.type = dsi::dtype::f32;
    t.dims.assign(s.dim, s.dim + s.rank);
    t.bytes.resize(static_cast<std::size_t>(s.size()) * sizeof(float));
    std::uniform_real_distribution<float> draw(0.5f, 1.5f);
    for (index i = 0; i < s.size(); ++i) {
      float const value = draw(random);
      std::memcpy(t.bytes.data() + static_cast<std::size_t>(i) * sizeof value, &value, sizeof value);
    }
    return graph.add_constant("c", std::move(t));
  }
  /// Appends a node; returns its first output, or -1 when the operator refuses the inputs.
  template <class Op>
  int add(Op const& op, std::vector<int> const& in) {
    std::vector<dsi::tensor_desc> descs;
    for (int v : in) descs.push_back(desc(v));
    dsi::inferred const y = op.infer({descs.data(), static_cast<int>(descs.size())});
    if (!y) return -1;
    di::import_node n;
    n.op = di::make_operator(op);
    n.inputs = in;
    int const number = static_cast<int>(graph.nodes.size());
    for (int o = 0; o < y.count; ++o) {
      di::import_value v;
      v.name = graph.unique("t");
      v.desc = y.out[o];
      v.producer = number;
      n.outputs.push_back(graph.add_value(std::move(v)));
    }
    graph.nodes.push_back(std::move(n));
    return graph.nodes.back().outputs[0];
  }
  /// Appends a node with the parameters that a pipeline would give it.
  template <class Op>
  int layer(Op const& op, int x) {
    dsi::parameter_list const p = dsi::parameters_of(op, {&desc(x), 1});
    std::vector<int> in{x};
    for (int i = 0; i < p.count; ++i) in.push_back(constant(p.desc[i].extents));
    return add(op, in);
  }
  void output(int v) { graph.outputs.push_back(v); }
};

/// A network as the planner sees it, with values for its inputs.
struct network {
  di::import_graph graph;
  di::native_graph native;
  std::vector<values> inputs;

  explicit network(di::import_graph g, unsigned seed = 3) : graph(std::move(g)), native(di::make_native(graph)) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> draw(-1, 1);
    for (int i : graph.inputs) {
      inputs.emplace_back(static_cast<std::size_t>(graph.value(i).desc.size()));
      for (float& v : inputs.back()) v = draw(random);
    }
  }
  dsi::graph_view view() const { return native.view(); }
  values constant(int tensor) const {
    di::onnx_tensor const& t = graph.value(native.value_of[static_cast<std::size_t>(tensor)]).data;
    values v(static_cast<std::size_t>(t.size()));
    if (!v.empty()) std::memcpy(v.data(), t.bytes.data(), v.size() * sizeof(float));
    return v;
  }
  /// Computes node n from its inputs' values.
  std::vector<values> evaluate(int n, std::vector<values const*> const& in) const {
    dsi::graph_view const g = view();
    std::vector<dsi::tensor_desc> x, y;
    std::vector<void const*> from;
    std::vector<void*> to;
    std::vector<values> out;
    for (int i = 0; i < g.nodes[n].inputs; ++i) {
      x.push_back(g.desc(g.input_of(n, i)));
      from.push_back(in[static_cast<std::size_t>(i)]->data());
    }
    for (int o = 0; o < g.nodes[n].outputs; ++o) {
      y.push_back(g.desc(g.nodes[n].first_output + o));
      out.emplace_back(static_cast<std::size_t>(y.back().size()));
    }
    for (values& v : out) to.push_back(v.data());
    if (g.nodes[n].traits.view) out[0] = *in[0];
    else if (auto const* norm = di::as_operator<dsi::batch_norm_attributes>(graph.node(n).op)) normalize(*norm, x, in, out[0]);
    else if (!graph.node(n).op->evaluate(x, from, y, to)) std::abort();
    return out;
  }
  /// The tool never computes a batch norm: it is folded or fused.
  static void normalize(dsi::batch_norm_attributes const& op, std::vector<dsi::tensor_desc> const& x, std::vector<values const*> const& in, values& out) {
    index const inner = x[0].extents.product(2, x[0].rank());
    for (std::size_t i = 0; i < out.size(); ++i) {
      auto const c = static_cast<std::size_t>(static_cast<index>(i) / inner % x[0][1]);
      out[i] = op.apply((*in[0])[i], (*in[1])[c], (*in[2])[c], (*in[3])[c], (*in[4])[c]);
    }
  }
  /// Every tensor's values, node by node, without any plan.
  std::vector<values> all() const {
    dsi::graph_view const g = view();
    std::vector<values> t(static_cast<std::size_t>(g.tensor_count));
    for (int i = 0; i < g.tensor_count; ++i)
      if (g.tensors[i].kind == dsi::tensor_kind::parameter) t[static_cast<std::size_t>(i)] = constant(i);
    for (int i = 0; i < g.input_count; ++i) t[static_cast<std::size_t>(g.inputs[i])] = inputs[static_cast<std::size_t>(i)];
    for (int n = 0; n < g.node_count; ++n) {
      std::vector<values const*> in;
      for (int i = 0; i < g.nodes[n].inputs; ++i) in.push_back(&t[static_cast<std::size_t>(g.input_of(n, i))]);
      auto out = evaluate(n, in);
      for (std::size_t o = 0; o < out.size(); ++o) t[static_cast<std::size_t>(g.nodes[n].first_output) + o] = std::move(out[o]);
    }
    return t;
  }
};

inline bool same_bits(values const& a, values const& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

/// Carries out a plan on memory laid out as the plan says, in which everything starts as NaN. Trusts nothing in the plan: what
/// would read or write outside, or read what nobody wrote, is an error.
class plan_run {
 public:
  plan_run(network const& net, dsi::plan_view p) : net_(net), g_(net.view()), p_(p) {}

  std::vector<values> outputs;
  std::string error;

  bool run() {
    if (p_.arena_bytes < 0 || p_.arena_bytes > (index{1} << 28)) return fail("the arena's size");
    arena_.assign(static_cast<std::size_t>(p_.arena_bytes) / sizeof(float) + 1, std::nanf(""));
    outputs.clear();
    for (int o = 0; o < g_.output_count; ++o) outputs.emplace_back(static_cast<std::size_t>(g_.desc(g_.outputs[o]).size()), std::nanf(""));
    for (int s = 0; s < p_.step_count; ++s)
      if (!step(p_.steps[s])) return fail("step " + std::to_string(s));
    return true;
  }
  /// The values of a tensor after the run, in ONNX's order, from whatever memory order exists. For keep_all.
  bool read_any(int tensor, values& v) {
    for (auto order : {dsi::layout::row_major, dsi::layout::channels_last})
      if (p_.buffer(tensor, order).where != dsi::place::none) return read({tensor, order, -1}, v);
    return false;
  }
  bool exists(int tensor) const {
    return p_.buffer(tensor, dsi::layout::row_major).where != dsi::place::none || p_.buffer(tensor, dsi::layout::channels_last).where != dsi::place::none;
  }

 private:
  struct span_of {
    float* data = nullptr;
    index size = 0;
  };
  bool fail(std::string const& text) {
    error = text + (error.empty() ? "" : ": " + error);
    return false;
  }
  static bool within(int first, int count, int all) { return first >= 0 && count >= 0 && first <= all && count <= all - first; }

  bool locate(dsi::plan_operand const& o, span_of& s) {
    if (o.tensor < 0 || o.tensor >= g_.tensor_count) return fail("an operand that is no tensor");
    if (o.order != dsi::layout::row_major && o.order != dsi::layout::channels_last) return fail("an activation in a layout for weights");
    index const size = g_.desc(o.tensor).size();
    dsi::plan_buffer const& b = p_.buffer(o.tensor, o.order);
    auto const inside = [&](index count) { return b.at >= 0 && b.at < count; };
    switch (b.where) {
      case dsi::place::input:
        if (!inside(g_.input_count) || net_.inputs[static_cast<std::size_t>(b.at)].size() != static_cast<std::size_t>(size)) return fail("an input of another size");
        s = {const_cast<float*>(net_.inputs[static_cast<std::size_t>(b.at)].data()), size};
        return true;
      case dsi::place::output:
        if (!inside(g_.output_count) || outputs[static_cast<std::size_t>(b.at)].size() < static_cast<std::size_t>(size)) return fail("an output that is smaller");
        s = {outputs[static_cast<std::size_t>(b.at)].data(), size};
        return true;
      case dsi::place::arena:
        if (b.at < 0 || b.at % 64 != 0 || b.at + size * 4 > p_.arena_bytes) return fail("memory outside the arena");
        s = {arena_.data() + b.at / 4, size};
        return true;
      case dsi::place::weight: {  // a view of a constant that is stored as it is
        for (int w = 0; w < p_.weight_count; ++w)
          if (p_.weights[w].offset == b.at && p_.weights[w].tensor >= 0) {
            constants_.push_back(net_.constant(p_.weights[w].tensor));
            if (constants_.back().size() != static_cast<std::size_t>(size)) return fail("a constant of another size");
            s = {constants_.back().data(), size};
            return true;
          }
        return fail("a place in the weights where none lies");
      }
      default: return fail("a tensor without memory");
    }
  }
  dsi::tensor_desc ordered(dsi::plan_operand const& o) const {
    dsi::tensor_desc d = g_.desc(o.tensor);
    d.order = o.order;
    return d;
  }
  bool read(dsi::plan_operand const& o, values& v) {
    span_of s;
    if (!locate(o, s)) return false;
    v.assign(static_cast<std::size_t>(s.size), 0);
    dsi::reference::view<float const> const from(s.data, ordered(o));
    dsi::reference::view<float> const to(v.data(), g_.desc(o.tensor));
    return copy(from, to);
  }
  bool write(dsi::plan_operand const& o, values const& v, int to_output) {
    span_of s;
    if (to_output >= 0) {
      if (to_output >= g_.output_count || outputs[static_cast<std::size_t>(to_output)].size() != v.size()) return fail("a copy to an output of another size");
      s = {outputs[static_cast<std::size_t>(to_output)].data(), static_cast<index>(v.size())};
    } else {
      if (!locate(o, s)) return false;
      if (p_.buffer(o.tensor, o.order).where == dsi::place::input || p_.buffer(o.tensor, o.order).where == dsi::place::weight) return fail("a write to what is constant");
    }
    dsi::reference::view<float const> const from(v.data(), g_.desc(o.tensor));
    dsi::reference::view<float> const to(s.data, ordered(o));
    return copy(from, to);
  }
  template <class From, class To>
  static bool copy(From const& from, To const& to) {
    dsi::reference::position p;
    if (from.size() == 0) return true;
    do to(p) = from(p);
    while (dsi::reference::next(p, from.desc.extents));
    return true;
  }

  /// A kernel may read an operand while it writes over it only where both are the same elements at the same places.
  bool in_place_holds(dsi::plan_step const& s) {
    for (int i = 0; i < s.inputs; ++i)
      for (int k = 0; k < s.outputs; ++k) {
        dsi::plan_operand const &x = p_.operands[s.first_operand + i], &y = p_.operands[s.first_operand + s.inputs + k];
        span_of a, b;
        if (x.weight >= 0 || s.to_output >= 0) continue;
        if (!locate(x, a) || !locate(y, b)) return false;
        if (a.data + a.size <= b.data || b.data + b.size <= a.data) continue;
        bool const same_order = x.order == y.order || dsi::same_in_every_layout(g_.desc(x.tensor).extents);
        bool const elementwise = s.kind == dsi::step_kind::kernel && g_.nodes[p_.members[s.first_member]].traits.elementwise;
        if (a.data != b.data || !(g_.desc(x.tensor).extents == g_.desc(y.tensor).extents) || !same_order || !elementwise)
          return fail("a step writes over what it reads");
      }
    return true;
  }

  bool step(dsi::plan_step const& s) {
    if (s.outputs < 1 || !within(s.first_operand, s.inputs + s.outputs, p_.operand_count) || s.inputs < 0) return fail("operands outside");
    if (!within(s.first_member, s.members, p_.member_count)) return fail("members outside");
    if (s.kind == dsi::step_kind::alias) return alias(s);
    if (!in_place_holds(s)) return false;
    std::vector<std::pair<int, values>> known;
    for (int i = 0; i < s.inputs; ++i) {
      dsi::plan_operand const& o = p_.operands[s.first_operand + i];
      if (o.weight >= 0) {
        if (o.weight >= p_.weight_count) return fail("a weight outside");
        int const t = p_.weights[o.weight].tensor;
        if (t != o.tensor) return fail("an operand's weight is of another tensor");
        if (t >= 0) known.emplace_back(t, net_.constant(t));
      } else {
        known.emplace_back(o.tensor, values());
        if (!read(o, known.back().second)) return false;
      }
    }
    if (s.kind == dsi::step_kind::reorder) {
      if (s.inputs != 1 || s.outputs != 1 || s.members != 0) return fail("a copy of more than one tensor");
      dsi::plan_operand const& y = p_.operands[s.first_operand + 1];
      if (y.tensor != known.at(0).first) return fail("a copy of another tensor");
      if (s.to_output >= 0 && (s.to_output >= g_.output_count || g_.outputs[s.to_output] != y.tensor)) return fail("a copy of another tensor to an output");
      return write(y, known[0].second, s.to_output);
    }
    if (s.members < 1 || s.folded < 0 || s.folded >= s.members || s.to_output >= 0) return fail("a step without members");
    for (int m = 0; m < s.members; ++m) {
      int const n = p_.members[s.first_member + m];
      if (n < 0 || n >= g_.node_count) return fail("a member that is no node");
      std::vector<values> from;
      for (int i = 0; i < g_.nodes[n].inputs; ++i) {
        int const t = g_.input_of(n, i);
        values const* found = nullptr;
        for (auto const& [tensor, v] : known)
          if (tensor == t) found = &v;
        bool const folded = m > 0 && m <= s.folded && i > 0 && g_.tensors[t].kind == dsi::tensor_kind::parameter;
        if (found == nullptr && !folded) return fail("member " + std::to_string(m) + " reads a tensor that the step does not have");
        from.push_back(found != nullptr ? *found : net_.constant(t));
      }
      std::vector<values const*> in;
      for (values const& v : from) in.push_back(&v);
      auto out = net_.evaluate(n, in);
      for (std::size_t o = 0; o < out.size(); ++o) known.emplace_back(g_.nodes[n].first_output + static_cast<int>(o), std::move(out[o]));
    }
    for (int o = 0; o < s.outputs; ++o) {
      dsi::plan_operand const& y = p_.operands[s.first_operand + s.inputs + o];
      values const* found = nullptr;
      for (auto const& [tensor, v] : known)
        if (tensor == y.tensor) found = &v;
      if (found == nullptr) return fail("an output that no member computes");
      if (!write(y, *found, -1)) return false;
    }
    return true;
  }

  /// Nothing happens: the result must already lie where the plan says it does.
  bool alias(dsi::plan_step const& s) {
    if (s.members != 1 || s.outputs != 1 || s.inputs != 1 || s.to_output >= 0) return fail("a view of more than one node");
    int const n = p_.members[s.first_member];
    if (n < 0 || n >= g_.node_count) return fail("a member that is no node");
    dsi::plan_operand const &x = p_.operands[s.first_operand], &y = p_.operands[s.first_operand + 1];
    values from, to;
    if (x.weight >= 0) from = x.weight < p_.weight_count && p_.weights[x.weight].tensor >= 0 ? net_.constant(p_.weights[x.weight].tensor) : values();
    else if (!read(x, from)) return false;
    if (g_.input_of(n, 0) != x.tensor || g_.nodes[n].first_output != y.tensor) return fail("a view of another tensor");
    if (!read(y, to)) return false;
    if (!same_bits(net_.evaluate(n, {&from})[0], to)) return fail("a view that is not the same bytes");
    return true;
  }

  network const& net_;
  dsi::graph_view g_;
  dsi::plan_view p_;
  std::vector<float> arena_;
  std::vector<values> constants_;
};

/// Carries out the plan and compares every output with the network's. "" or what is wrong.
inline std::string carried_out(network const& net, dsi::plan_view p, std::vector<values> const& expected) {
  plan_run r(net, p);
  if (!r.run()) return r.error;
  dsi::graph_view const g = net.view();
  for (int o = 0; o < g.output_count; ++o)
    if (!same_bits(r.outputs[static_cast<std::size_t>(o)], expected[static_cast<std::size_t>(g.outputs[o])])) return "output " + std::to_string(o) + " is wrong";
  return "";
}

}  // namespace planning
