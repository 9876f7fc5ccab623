// SPDX-License-Identifier: MIT
// The importer behind the tests: every operator on every element type is compiled here, and in no test.
#include "network_builder.hpp"

#include <dsi/import/plan_model.hpp>

namespace network_builder {

namespace {
std::vector<di::fixed_input> fix(network const& n, di::command_line const& c, index batch, di::diagnostics& notes) {
  std::vector<std::string> files;
  return di::fix_inputs(*n.model, c, batch, notes, files);
}
}  // namespace

imported import(network const& n, di::command_line const& c, index batch) {
  imported r;
  auto const inputs = fix(n, c, batch, r.notes);
  if (r.notes.ok()) r.graph = di::lower(n.model, inputs, r.notes);
  if (r.notes.ok()) r.graph.clean();
  return r;
}

imported import_within(di::fold_budget const& budget, network const& n) {
  imported r;
  r.graph = di::lower(n.model, fix(n, {}, 0, r.notes), r.notes, budget);
  return r;
}

void rewrite(di::import_graph& g) { di::rewrite(g); }

embedded embed(network const& n, di::command_line const& c, index batch) {
  std::vector<di::planned_network> networks(1);
  imported i = import(n, c, batch);
  networks[0].batch = batch;
  networks[0].graph = std::move(i.graph);
  embedded e;
  if (!i.notes.ok() || !di::detail::plan_graph(networks[0], c, i.notes)) return e;
  e.header = di::emit_model("net", "net.onnx", networks, "dsi::simd_backend<>", "dsi::serial", {});
  dsi::plan_view const plan = networks[0].plan.view();
  e.weights = di::make_blob(networks[0].graph, networks[0].native, plan);
  auto const bytes = std::span(reinterpret_cast<std::byte const*>(e.weights.data()), e.weights.size());
  e.good = static_cast<bool>(dsi::check_blob(bytes, dsi::structure_hash(networks[0].native.view()), plan));
  return e;
}

std::string refusal(di::command_line const& c) {
  di::diagnostics notes;
  std::vector<std::string> files;
  di::detail::read_model(c, notes, files);
  return notes.text();
}

std::string batch_problem(network const& n) {
  di::command_line c;
  c.batch = {2};
  di::diagnostics notes;
  di::sized_import sizes[2];
  for (int i = 0; i < 2; ++i) {
    sizes[i].batch = 2 + i;
    sizes[i].inputs = fix(n, c, sizes[i].batch, notes);
    di::lower(n.model, sizes[i].inputs, notes, {}, &sizes[i].trace);
  }
  if (notes.ok()) di::check_batch(*n.model, sizes[0], sizes[1], notes);
  return notes.text();
}

}  // namespace network_builder
