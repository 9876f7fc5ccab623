// SPDX-License-Identifier: MIT
// The importer behind the tests: every operator on every element type is compiled here, and in no test.
#include "network_builder.hpp"

#include <dsi/import/batch.hpp>
#include <dsi/import/rewrite/rewrite.hpp>

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
