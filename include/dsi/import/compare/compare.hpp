// SPDX-License-Identifier: MIT
// dsi compare: compiles a network, runs it, and holds what each step leaves against the network's origin.
#pragma once

#include <dsi/import/compare/dot.hpp>
#include <dsi/import/compare/double_reference.hpp>
#include <dsi/import/compare/made_inputs.hpp>
#include <dsi/import/compare/origin.hpp>
#include <dsi/import/compare/report.hpp>
#include <dsi/import/compare/table.hpp>
#include <dsi/import/plan_model.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

/// Names of the file by the value that they became, and back. A value may have several names, through Identity nodes; a name has
/// several values (then -1) where a loop was unrolled.
struct value_names {
  std::unordered_map<int, std::string> of;
  std::unordered_map<std::string, int> value;

  explicit value_names(std::vector<lowered_output> const& trace) {
    for (lowered_output const& o : trace) {
      of.try_emplace(o.value, o.name());
      auto const [at, fresh] = value.try_emplace(o.name(), o.value);
      if (!fresh && at->second != o.value) at->second = -1;
    }
  }
  /// The value with this name, or -1.
  int find(std::string const& name) const {
    auto const at = value.find(name);
    return at == value.end() ? -1 : at->second;
  }
};

/// The model as dsi compare works on it: planned for the run, and as it was before any pass.
struct compared_import {
  std::shared_ptr<onnx_model const> model;
  sized_import at;
  import_graph lowered;
  planned_network planned;
};

inline std::optional<compared_import> import_to_compare(command_line const& c, std::string const& path, bool plan, diagnostics& problems) {
  compared_import i;
  std::vector<std::string> files;
  command_line of_path = c;
  of_path.model = path;
  i.model = read_model(of_path, problems, files);
  if (!i.model) return std::nullopt;
  i.at.batch = c.batch.empty() ? 0 : c.batch[0];
  auto graph = import_at(i.model, of_path, budget_for(*i.model), i.at, problems, files);
  if (!graph) return std::nullopt;
  i.lowered = *graph;
  i.lowered.clean();
  i.planned.batch = larger(1, i.at.batch);
  i.planned.graph = std::move(*graph);
  if (plan && !plan_graph(i.planned, c, problems)) return std::nullopt;
  return i;
}

/// What the results are compared with, by the value of the planned graph.
struct expectation {
  std::string name;
  double nanoseconds = 0;
  std::unordered_map<int, onnx_tensor> values;
};

/// The work of one dsi compare, step by step.
class comparer {
 public:
  comparer(command_line const& c, diagnostics& problems, compared_import const& imported, work_folder const& work)
      : c_(c), problems_(problems), imported_(imported), names_(imported.at.trace), work_(work) {
    for (int i = 0; i < plan().step_count; ++i)
      if (observed(i))
        for (int o = 0; o < results(i); ++o) wanted_.push_back(value_of(result(i, o).tensor));
    // NUMERIC's conversion at an output carries the output's name, and so does what the file computes.
    for (std::size_t o = 0; o < graph().outputs.size(); ++o) names_.of.try_emplace(graph().outputs[o], graph().output_names[o]);
  }

  /// Values for every input, also for those that --bind turned into constants: the origin takes them all.
  bool make_inputs() {
    std::size_t next = 0;
    for (assignment const& a : c_.inputs) {
      bool const open = std::any_of(graph().inputs.begin(), graph().inputs.end(), [&](int v) { return graph().value(v).name == a.name; });
      if (!open) problems_.error("--input " + harmless(a.name), "the network has no such input", "its inputs are: " + input_names());
    }
    for (fixed_input const& f : imported_.at.inputs) {
      compared_port port{f.name, f.desc, "bound", -1};
      if (f.bound) {
        inputs_.push_back({f.name, *f.bound});
        result_.inputs.push_back(std::move(port));
        continue;
      }
      int const value = graph().inputs[next];
      port.tensor = imported_.planned.native.inputs[next++];
      onnx_tensor values = made_input(imported_.lowered, value, c_.seed);
      port.values = "random, seed " + std::to_string(c_.seed);
      for (assignment const& a : c_.inputs) {
        if (a.name != f.name) continue;
        std::string problem;
        auto given = input_from_file(f.desc, a.value, problem);
        if (!given) problems_.error("--input " + harmless(a.name), problem);
        else values = std::move(*given);
        values.dims = dims_of(f.desc.extents);
        port.values = a.value;
      }
      open_inputs_.push_back(values);
      inputs_.push_back({f.name, std::move(values)});
      result_.inputs.push_back(std::move(port));
    }
    return problems_.ok();
  }

  bool find_expected() {
    if (!c_.origin.empty()) {
      other_ = import_to_compare(c_, c_.origin, false, problems_);
      if (!other_) return false;
    }
    bool found = false;
    if (c_.reference != "double") {
      std::string why;
      found = ask_origin(why);
      if (!found && c_.reference == "onnxruntime") return problems_.error("--reference onnxruntime", why, "--python names a Python that has it"), false;
      if (!found) std::fprintf(stderr, "dsi compare: %s; comparing with the reference loops in double\n", why.c_str());
    }
    if (!found) compute_in_double();
    if (!c_.origin.empty()) expected_.name += ", on " + std::filesystem::path(c_.origin).filename().string();
    return take_given_outputs();
  }

  /// Compiles, runs and compares.
  bool run() {
    std::error_code code;
    std::filesystem::create_directories(work_.at("values"), code);
    bool written = !code;
    for (std::size_t i = 0; i < open_inputs_.size(); ++i) {
      std::ofstream file(work_.at("values/in_" + std::to_string(i) + ".bin"), std::ios::binary | std::ios::trunc);
      file.write(reinterpret_cast<char const*>(open_inputs_[i].bytes.data()), static_cast<std::streamsize>(open_inputs_[i].bytes.size()));
      written = file.flush().good() && written;
    }
    std::ofstream sizes(work_.at("values/steps.txt"), std::ios::trunc);
    for (int i = 0; i < plan().step_count; ++i) {
      for (int o = 0; observed(i) && o < results(i); ++o) sizes << desc_of(i, o).bytes() << " ";
      sizes << "\n";
    }
    if (!sizes.flush() || !written) return problems_.error(work_.at("values"), "cannot be written"), false;
    auto const seconds = build_project(c_, work_, problems_);
    if (!seconds) return false;
    auto const record = run_project(work_, problems_);
    if (!record) return false;
    describe(*record, *seconds);
    for (int i = 0; i < plan().step_count; ++i)
      if (observed(i)) result_.layers.push_back(layer(i, *record));
    for (std::size_t i = 0; i < result_.layers.size() && result_.first_departure < 0; ++i)
      if (result_.layers[i].departs) result_.first_departure = static_cast<int>(i);
    if (result_.worst() >= 0) return true;
    problems_.error("dsi compare", "no result of the network has a counterpart in " + expected_.name, "use --reference double, or --unfused");
    return false;
  }

  comparison const& result() const { return result_; }

 private:
  import_graph const& graph() const { return imported_.planned.graph; }
  plan_view plan() const { return imported_.planned.plan.view(); }
  plan_step const& step(int i) const { return imported_.planned.plan.steps[static_cast<std::size_t>(i)]; }
  /// A band of steps is one event: its first step stands for it, its last one leaves the results.
  bool observed(int i) const { return step(i).band >= 0; }
  int results(int i) const { return step(plan().band_last(i)).outputs; }
  plan_operand const& result(int i, int output) const {
    plan_step const& last = step(plan().band_last(i));
    return imported_.planned.plan.operands[static_cast<std::size_t>(last.first_operand + last.inputs + output)];
  }
  int value_of(int tensor) const { return imported_.planned.native.value_of[static_cast<std::size_t>(tensor)]; }
  tensor_desc desc_of(int i, int output) const {
    plan_operand const& o = result(i, output);
    tensor_desc d = graph().value(value_of(o.tensor)).desc;
    d.order = o.order;
    return d;
  }
  std::string input_names() const {
    std::string text;
    for (int v : graph().inputs) text += (text.empty() ? "" : ", ") + harmless(graph().value(v).name);
    return text;
  }
  std::string name_of_value(int v) const {
    auto const at = names_.of.find(v);
    return at != names_.of.end() ? at->second : graph().value(v).name;
  }

  bool ask_origin(std::string& why) {
    std::string const path = c_.origin.empty() ? c_.model : c_.origin;
    std::unordered_map<std::string, std::vector<int>> there;  // what ONNX Runtime can be asked for: results of the file's own nodes, not of a branch
    for (onnx_node const& n : (other_ ? other_->model : imported_.model)->graph.nodes)
      for (std::string const& o : n.outputs) there[o];
    std::vector<std::string> wanted;
    for (int v : wanted_) {
      auto const at = names_.of.find(v);
      if (at == names_.of.end() || there.find(at->second) == there.end()) continue;
      if (names_.value.find(at->second) != names_.value.end() && names_.find(at->second) < 0) continue;
      std::vector<int>& values = there[at->second];  // several: a tensor before and after NUMERIC's conversion
      if (values.empty()) wanted.push_back(at->second);
      values.push_back(v);
    }
    std::error_code code;
    std::filesystem::create_directories(work_.at("values"), code);
    auto answers = ask_onnx_runtime(c_, work_, path, inputs_, wanted, why);
    if (!answers) return false;
    expected_.name = "ONNX Runtime " + answers->version;
    expected_.nanoseconds = answers->nanoseconds;
    for (auto const& [name, values] : answers->values)
      for (int v : there[name]) expected_.values[v] = values;
    return true;
  }

  void compute_in_double() {
    expected_.name = "dsi's reference loops in double";
    compared_import const& of = other_ ? *other_ : imported_;
    value_names const other_names(of.at.trace);
    std::unordered_map<int, int> there;  // a value of the planned graph: its value in the graph that is computed
    std::vector<bool> wanted(of.lowered.values.size(), false);
    for (int v : wanted_) {
      bool const same = !other_ && static_cast<std::size_t>(v) < of.lowered.values.size();  // the passes keep the numbers of values
      int const at = same ? v : names_.of.find(v) == names_.of.end() ? -1 : other_names.find(names_.of.at(v));
      if (at < 0) continue;
      there[v] = at;
      wanted[static_cast<std::size_t>(at)] = true;
    }
    std::vector<onnx_tensor> inputs;
    for (int i : of.lowered.inputs)
      for (named_tensor const& t : inputs_)
        if (t.name == of.lowered.value(i).name) inputs.push_back(t.values);
    if (inputs.size() != of.lowered.inputs.size()) return problems_.error("--origin " + c_.origin, "has other inputs than the network", "their names must be the same");
    progress shown("computing it in double");
    std::string left_out;
    auto const values = evaluate_in_double(of.lowered, inputs, wanted, left_out, [&](double part) { shown.tell(number("%.0f%%", 100 * part)); });
    if (!left_out.empty()) problems_.warning(left_out, "is not computed in double: it and what depends on it is not compared");
    for (auto const& [v, at] : there)
      if (auto const found = values.find(at); found != values.end()) expected_.values[v] = found->second;
  }

  /// --output: values of the user's own, by the name in the file.
  bool take_given_outputs() {
    for (assignment const& a : c_.outputs) {
      std::string problem;
      auto values = read_npy(a.value, problem);
      int found = -1;
      for (int v : wanted_)
        if (name_of_value(v) == a.name) found = v;
      std::string const where = "--output " + harmless(a.name);
      index const elements = found < 0 ? 0 : graph().value(found).desc.size();
      if (!values)
        problems_.error(where, problem);
      else if (found < 0)
        problems_.error(where, "no step leaves a tensor of this name", c_.unfused ? "dsi inspect lists the steps" : "inside a fusion group it is in registers alone: use --unfused");
      else if (values->size() != elements)
        problems_.error(where, a.value + ": has " + std::to_string(values->size()) + " elements, the tensor " + std::to_string(elements));
      else
        expected_.values[found] = std::move(*values);
    }
    if (!c_.outputs.empty()) expected_.name += " and the given values";
    return problems_.ok();
  }

  void describe(run_record const& record, double seconds) {
    result_.source = std::filesystem::path(c_.model).filename().string();
    result_.opset = imported_.model->opset();
    result_.numeric = c_.numeric;
    result_.isa = record.isa;
    result_.threads = c_.threads + (c_.threads == "serial" ? "" : " " + std::to_string(c_.thread_count));
    result_.unfused = c_.unfused;
    result_.batch = imported_.at.batch;
    result_.macs = macs(imported_.planned.native.view());
    result_.arena_bytes = plan().arena_bytes;
    result_.weight_bytes = plan().weight_bytes;
    result_.reference = expected_.name;
    result_.reference_nanoseconds = expected_.nanoseconds;
    result_.tolerance = c_.tolerance > 0 ? c_.tolerance : c_.numeric == "half" ? 2e-2 : c_.numeric == "bfloat16" ? 1e-1 : 1e-4;
    result_.seconds_to_compile = seconds;
    result_.run_nanoseconds = record.median;
    result_.best_nanoseconds = record.best;
    result_.runs = record.runs;
    for (std::size_t o = 0; o < graph().outputs.size(); ++o)
      result_.outputs.push_back({graph().output_names[o], graph().value(graph().outputs[o]).desc, "", imported_.planned.native.outputs[o]});
  }

  compared_layer layer(int i, run_record const& record) {
    plan_step const& s = step(i);
    native_graph const& native = imported_.planned.native;
    compared_layer l;
    l.step = i;
    l.operation = s.kind == step_kind::reorder ? (s.to_output >= 0 ? "copy" : "reorder") : "";
    for (int b = i; b <= plan().band_last(i); ++b)
      for (int m = 0; m < step(b).members; ++m) {
        int const n = imported_.planned.plan.members[static_cast<std::size_t>(step(b).first_member + m)];
        graph_node const& k = native.nodes[static_cast<std::size_t>(n)];
        compared_node node{std::string(graph().node(n).op->name()), graph().node(n).origin, m > 0 && m <= step(b).folded, {}, {}};
        for (int e = 0; e < k.inputs; ++e) node.inputs.push_back(native.edges[static_cast<std::size_t>(k.first_input + e)]);
        for (int o = 0; o < k.outputs; ++o) node.outputs.push_back(k.first_output + o);
        l.operation += (m > 0 ? " + " : b > i ? " | " : "") + node.operation + (node.folded ? " (folded)" : "");
        l.nodes.push_back(std::move(node));
      }
    int const main_value = value_of(result(i, 0).tensor);
    l.result = name_of_value(main_value);
    l.desc = desc_of(i, 0);
    for (std::size_t o = 0; o < graph().outputs.size(); ++o)
      if (graph().outputs[o] == main_value && (s.to_output < 0 || s.to_output == static_cast<int>(o))) l.output = graph().output_names[o];
    if (auto const at = record.steps.find(i); at != record.steps.end()) {
      l.kernel = at->second.kernel;
      l.macs = at->second.macs;
      l.bytes = at->second.bytes;
      if (!l.nodes.empty() && l.nodes[0].operation == "gather") l.bytes = 2 * desc_of(i, 0).bytes();  // it reads what it chooses, not its table
      l.nanoseconds = l.kernel == "view" ? 0 : at->second.nanoseconds;
    }
    for (int o = 0; o < results(i); ++o) hold_against(i, o, l);
    return l;
  }

  /// One result of a step against what is expected; the worst result speaks for the step.
  void hold_against(int i, int output, compared_layer& l) {
    int const v = value_of(result(i, output).tensor);
    auto const expected = expected_.values.find(v);
    tensor_desc const d = desc_of(i, output);
    if (expected == expected_.values.end() || expected->second.size() != d.size() || d.size() == 0) return;
    std::string const path = work_.at("values/step_" + std::to_string(i) + "_" + std::to_string(output) + ".bin");
    std::string bytes;
    {
      std::ifstream file(path, std::ios::binary);
      bytes.assign(std::istreambuf_iterator<char>(file), {});
    }
    if (c_.keep.empty()) std::filesystem::remove(path);
    if (bytes.size() != static_cast<std::size_t>(d.bytes())) return;
    auto const as_doubles = [](dtype t, void const* data, index n) {
      std::vector<double> x(static_cast<std::size_t>(n));
      convert_elements(t, data, dtype::f64, x.data(), n);
      return x;
    };
    tensor_error const e = compare_values(d.type, in_onnx_order(as_doubles(d.type, bytes.data(), d.size()), d),
                                        as_doubles(expected->second.type, expected->second.bytes.data(), d.size()), result_.tolerance);
    if (l.compared && e.relative <= l.error.relative) return;
    l.compared = true;
    l.departs = e.relative > result_.tolerance;
    l.error = e;
    l.desc = d;
    l.result = name_of_value(v);
  }
  static std::vector<double> in_onnx_order(std::vector<double> x, tensor_desc const& d) {
    if (d.order == layout::row_major) return x;
    shape const stride = strides_of(d);
    std::vector<double> y(x.size());
    index at[max_rank]{};
    for (double& to : y) {
      index from = 0;
      for (int k = 0; k < d.rank(); ++k) from += at[k] * stride[k];
      to = x[static_cast<std::size_t>(from)];
      for (int k = d.rank() - 1; k >= 0 && ++at[k] == d[k]; --k) at[k] = 0;
    }
    return y;
  }

  command_line const& c_;
  diagnostics& problems_;
  compared_import const& imported_;
  std::optional<compared_import> other_;  ///< --origin
  value_names names_;
  work_folder const& work_;
  std::vector<int> wanted_;  ///< values that steps leave
  std::vector<named_tensor> inputs_;
  std::vector<onnx_tensor> open_inputs_;
  expectation expected_;
  comparison result_;
};

inline bool write_text(std::string const& path, std::string const& text, diagnostics& problems) {
  if ((std::ofstream(path, std::ios::trunc) << text).flush()) return true;
  problems.error(path, "cannot be written");
  return false;
}

}  // namespace detail

/// Exit status: 0 equal within the tolerance, 1 a result departs, 2 it cannot run.
inline int compare(command_line const& c, diagnostics& problems) {
  if (c.package.empty() || !std::filesystem::exists(run_source(c))) {
    problems.error("dsi compare", "finds no CMake package of dsi beside this program", "run the dsi program of an installed dsi, or of its build folder");
    return 2;
  }
  auto const imported = detail::import_to_compare(c, c.model, true, problems);
  if (!imported) return 2;
  work_folder const work(c.keep);
  if (!work.good()) {
    problems.error(c.keep.empty() ? "the folder for temporary files" : c.keep, "cannot be made");
    return 2;
  }
  detail::comparer comparer(c, problems, *imported, work);
  if (!comparer.make_inputs() || !comparer.find_expected() || !comparer.run()) return 2;
  comparison const& r = comparer.result();
  std::fputs((comparison_head(r) + "\n" + comparison_table(r) + "\n" + comparison_verdict(r)).c_str(), stdout);
  if (!c.dot.empty() && !detail::write_text(c.dot, comparison_dot(r), problems)) return 2;
  if (!c.report.empty() && !detail::write_text(c.report, comparison_report(r), problems)) return 2;
  return r.first_departure >= 0 ? 1 : 0;
}

}  // namespace DSI_NAMESPACE::import
