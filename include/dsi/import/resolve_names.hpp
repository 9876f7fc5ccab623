// SPDX-License-Identifier: MIT
// Gives every value of a model one definition and one name, and replaces calls of model-local functions by their bodies.
#pragma once

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <dsi/import/attribute_kinds.hpp>

namespace DSI_NAMESPACE::import {

/// Bounds on what inlining may produce, since a small file of functions that call each other twice grows exponentially.
struct resolve_limits {
  std::size_t entries = 2'000'000;           ///< nodes, inputs, outputs and attributes
  std::size_t bytes = std::size_t{2} << 30;  ///< of copied constants and of names
  int depth = 200;                           ///< subgraphs and calls within each other
};

namespace detail {

class name_resolver {
 public:
  name_resolver(onnx_model& model, resolve_limits limits, diagnostics& notes)
      : model_(&model), limits_(limits), notes_(&notes) {
    for (onnx_function const& f : model.functions)
      if (!functions_.emplace(key(f.domain, f.name, f.overload), &f).second)
        notes.error(label(f), "is defined twice", "keep one definition of each function");
  }

  void run() {
    onnx_graph graph = std::move(model_->graph);
    // IR 3 lists initializers among the inputs: those are constants with a name, not inputs of the network.
    std::unordered_set<std::string_view> constants;
    for (onnx_tensor const& t : graph.initializers) constants.insert(t.name);
    std::erase_if(graph.inputs, [&](onnx_value const& v) { return constants.contains(v.name); });
    std::unordered_set<std::string_view> listed;
    for (onnx_value const& v : graph.outputs)
      if (!listed.insert(v.name).second)
        notes_->error("output " + in_quotes(v.name), "is listed twice", "list it once, or add an Identity node for the second");
    model_->graph = resolve(std::move(graph), nullptr, place{});
    model_->functions.clear();
  }

 private:
  struct scope {
    scope const* above = nullptr;
    std::unordered_map<std::string, std::string> names;  ///< name in the file -> name in the result; "": left out
    std::string const* find(std::string const& name) const {
      for (scope const* s = this; s != nullptr; s = s->above)
        if (auto const found = s->names.find(name); found != s->names.end()) return &found->second;
      return nullptr;
    }
  };
  /// Where the walk stands.
  struct place {
    onnx_node const* call = nullptr;  ///< the call whose body this is, or none
    onnx_function const* function = nullptr;
    std::string prefix;  ///< of names inside the body
    int depth = 0;
  };

  static std::string key(std::string const& domain, std::string const& name, std::string const& overload) {
    return domain + '\0' + name + '\0' + overload;
  }
  static std::string label(onnx_function const& f) { return "function " + in_quotes(f.domain + '.' + f.name); }
  static std::string label(onnx_graph const& g) { return "graph " + in_quotes(g.name); }

  void spend(std::size_t entries, std::size_t bytes) {
    entries_ += entries;
    bytes_ += bytes;
    if (!exhausted_ && (entries_ > limits_.entries || bytes_ > limits_.bytes)) {
      exhausted_ = true;
      notes_->error("model", "grows beyond " + std::to_string(limits_.entries) + " entries or " + std::to_string(limits_.bytes) +
                                 " bytes when its functions are inlined", "inline or simplify them before the import");
    }
  }
  bool too_deep(place const& at, std::string const& where) {
    if (at.depth <= limits_.depth) return false;
    if (!std::exchange(reported_depth_, true))
      notes_->error(where, "subgraphs and function calls nest deeper than " + std::to_string(limits_.depth), "flatten the model");
    return true;
  }

  /// The given name, or one with a number when another value has it already.
  std::string unique(std::string const& name) {
    if (used_.insert(name).second) return name;
    for (std::size_t& n = next_[name];;) {
      std::string candidate = name + '_' + std::to_string(++n + 1);
      if (used_.insert(candidate).second) return candidate;
    }
  }

  void define(scope& s, std::string const& name, place const& at, std::string const& where) {
    if (name.empty()) return;
    auto const [entry, fresh] = s.names.try_emplace(name);
    if (!fresh) {
      notes_->error(where, "defines the value " + in_quotes(name) + " that is defined before (ONNX wants static single assignment)",
                    "give each value its own name");
      return;
    }
    entry->second = unique(at.prefix.empty() ? name : at.prefix + '/' + name);
    spend(0, entry->second.size());
  }

  onnx_graph resolve(onnx_graph g, scope const* outer, place const& at) {
    if (too_deep(at, label(g))) return {};
    bool const main = outer == nullptr;
    scope own{outer, {}};
    for (onnx_value& v : g.inputs) {
      if (v.name.empty()) notes_->error(label(g), "has an input without a name", "name it");
      define(own, v.name, at, label(g) + ", input");
    }
    for (onnx_tensor& t : g.initializers) {
      if (t.name.empty()) notes_->error(label(g), "has an initializer without a name", "name it");
      define(own, t.name, at, label(g) + ", initializer");
      if (at.call != nullptr) spend(1, t.bytes.size());
    }
    for (onnx_node const& n : g.nodes)
      for (std::string const& out : n.outputs) define(own, out, at, import::label(n));

    auto const rename_definition = [&](std::string& name) {
      if (auto const found = own.names.find(name); found != own.names.end()) name = found->second;
    };
    for (onnx_value& v : g.inputs) rename_definition(v.name);
    for (onnx_tensor& t : g.initializers) rename_definition(t.name);
    std::erase_if(g.value_infos, [&](onnx_value const& v) { return !own.names.contains(v.name); });
    for (onnx_value& v : g.value_infos) rename_definition(v.name);
    if (main && g.outputs.empty()) notes_->error(label(g), "has no outputs", "export the network with at least one output");
    for (onnx_value& v : g.outputs) {
      if (std::string const* found = own.find(v.name); found != nullptr && !found->empty()) v.name = *found;
      else notes_->error(label(g), "has the output " + in_quotes(v.name) + " that nothing defines", "export the model again");
    }
    std::vector<onnx_node> nodes = std::exchange(g.nodes, {});
    for (onnx_node& n : nodes) node(std::move(n), own, at, g.nodes);
    return g;
  }

  void node(onnx_node n, scope const& names, place const& at, std::vector<onnx_node>& into) {
    spend(1 + n.inputs.size() + n.outputs.size() + n.attributes.size(), 0);
    if (exhausted_) return;
    if (!at.prefix.empty()) n.name = at.prefix + '/' + (n.name.empty() ? n.op_type : n.name);
    std::string const where = import::label(n);
    if (n.op_type.empty()) notes_->error(where, "has no operator", "export the model again");
    attributes(n, names, at, where);
    for (std::string& in : n.inputs) {
      if (in.empty()) continue;
      if (std::string const* found = names.find(in)) in = *found;
      else notes_->error(where, "reads the value " + in_quotes(in) + " that nothing defines", "export the model again");
    }
    for (std::string& out : n.outputs)
      if (auto const found = names.names.find(out); found != names.names.end()) out = found->second;
    auto const function = functions_.find(key(n.domain, n.op_type, n.overload));
    if (function == functions_.end()) into.push_back(std::move(n));
    else inline_call(n, *function->second, at, into);
  }

  void attributes(onnx_node& n, scope const& names, place const& at, std::string const& where) {
    std::unordered_set<std::string> seen;
    std::vector<onnx_attribute> kept;
    for (onnx_attribute& a : n.attributes) {
      if (a.name.empty()) notes_->error(where, "has an attribute without a name", "export the model again");
      if (!seen.insert(a.name).second)
        notes_->error(where, "has the attribute " + in_quotes(a.name) + " twice", "export the model again");
      if (!a.reference.empty() && !substitute(a, at, where)) continue;
      if (n.domain.empty())
        if (auto const wanted = kind_of(n.op_type, a.name); wanted && *wanted != a.kind)
          notes_->error(where, "attribute " + in_quotes(a.name) + " is " + std::string(name_of(a.kind)) + "; the standard wants " +
                                   std::string(name_of(*wanted)), "export the model again");
      for (onnx_graph& g : a.graphs) {
        place inner = at;
        ++inner.depth;
        g = resolve(std::move(g), &names, inner);
      }
      if (at.call != nullptr) spend(0, weight(a));
      kept.push_back(std::move(a));
    }
    n.attributes = std::move(kept);
  }

  static std::size_t weight(onnx_attribute const& a) {
    std::size_t bytes = a.s.size() + 8 * a.ints.size() + 4 * a.floats.size();
    for (std::string const& s : a.strings) bytes += s.size() + sizeof(std::string);
    for (onnx_tensor const& t : a.tensors) bytes += t.bytes.size();
    return bytes;
  }

  /// Puts the call's value in place of a reference; false when the attribute is to be left out.
  bool substitute(onnx_attribute& a, place const& at, std::string const& where) {
    if (at.call == nullptr) {
      notes_->error(where, "attribute " + in_quotes(a.name) + " refers to " + in_quotes(a.reference) + " of a function, but is in none",
                    "export the model again");
      return false;
    }
    onnx_attribute const* value = at.call->find(a.reference);
    if (value == nullptr) {
      auto const& defaults = at.function->defaults;
      auto const found = std::find_if(defaults.begin(), defaults.end(), [&](auto const& d) { return d.name == a.reference; });
      if (found == defaults.end()) return false;  // an optional attribute that the call leaves out
      value = &*found;
    }
    if (value->kind == attribute_kind::graph) {
      notes_->error(where, "attribute " + in_quotes(a.name) + " takes a graph from a function call, which dsi does not read",
                    "inline the model's functions before the import (onnx.inliner)");
      return false;
    }
    std::string name = std::move(a.name);
    a = *value;
    a.name = std::move(name);
    return true;
  }

  void inline_call(onnx_node const& call, onnx_function const& f, place const& at, std::vector<onnx_node>& into) {
    std::string const where = import::label(call);
    place inside{&call, &f, unique(call.name.empty() ? f.name : call.name), at.depth + 1};
    if (std::find(active_.begin(), active_.end(), &f) != active_.end()) {
      notes_->error(where, "calls " + label(f) + ", which is running already", "functions must not call themselves");
      return;
    }
    if (too_deep(inside, where)) return;
    if (call.inputs.size() > f.inputs.size() || call.outputs.size() > f.outputs.size()) {
      notes_->error(where, "has " + std::to_string(call.inputs.size()) + " inputs and " + std::to_string(call.outputs.size()) +
                               " outputs; " + label(f) + " takes " + std::to_string(f.inputs.size()) + " and gives " +
                               std::to_string(f.outputs.size()), "export the model again");
      return;
    }
    spend(f.inputs.size() + f.outputs.size(), 0);
    scope body;
    for (std::size_t i = 0; i < f.inputs.size(); ++i)
      if (!body.names.emplace(f.inputs[i], i < call.inputs.size() ? call.inputs[i] : std::string()).second)
        notes_->error(label(f), "has the input " + in_quotes(f.inputs[i]) + " twice", "export the model again");
    // A body's value that the call wants under its own name gets that name; everything else gets a fresh one.
    std::unordered_map<std::string_view, std::string_view> wanted;
    for (std::size_t i = 0; i < call.outputs.size(); ++i)
      if (!call.outputs[i].empty()) wanted.try_emplace(f.outputs[i], call.outputs[i]);
    for (onnx_node const& n : f.nodes)
      for (std::string const& out : n.outputs) {
        if (auto const found = wanted.find(out); found != wanted.end() && body.names.emplace(out, found->second).second) continue;
        define(body, out, inside, label(f) + ", " + import::label(n));
      }
    active_.push_back(&f);
    for (onnx_node const& n : f.nodes) {
      if (exhausted_) break;
      node(n, body, inside, into);
    }
    active_.pop_back();
    for (std::size_t i = 0; i < call.outputs.size(); ++i) {
      if (call.outputs[i].empty()) continue;
      std::string const* made = body.find(f.outputs[i]);
      if (made == nullptr || made->empty()) {
        notes_->error(label(f), "has the output " + in_quotes(f.outputs[i]) + " that nothing defines", "export the model again");
      } else if (*made != call.outputs[i]) {  // an input passed through, or one value given twice
        onnx_node copy;
        copy.op_type = "Identity";
        copy.name = inside.prefix + "/Identity";
        copy.version = model_->opset();
        copy.inputs = {*made};
        copy.outputs = {call.outputs[i]};
        into.push_back(std::move(copy));
      }
    }
  }

  onnx_model* model_;
  resolve_limits limits_;
  diagnostics* notes_;
  std::unordered_map<std::string, onnx_function const*> functions_;
  std::vector<onnx_function const*> active_;
  std::unordered_set<std::string> used_;
  std::unordered_map<std::string, std::size_t> next_;
  std::size_t entries_ = 0;
  std::size_t bytes_ = 0;
  bool exhausted_ = false;
  bool reported_depth_ = false;
};

}  // namespace detail

/// Afterwards the model has no functions, every value one definition and a name of its own, and every name read exists;
/// or the notes say which does not.
inline void resolve_names(onnx_model& model, resolve_limits limits, diagnostics& notes) {
  detail::name_resolver(model, limits, notes).run();
}

}  // namespace DSI_NAMESPACE::import
