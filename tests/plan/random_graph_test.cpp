// SPDX-License-Identifier: MIT
// Plans of random networks: valid, and carried out step by step they give every output bit for bit, whatever the options.
// DSI_LONG=1 in the environment tries 20000 networks.
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include "random_network.hpp"

namespace {

using dsi::plan_options;
using planning::network;

std::string text_of(plan_options const& o) {
  return std::string(o.fuse ? "" : " no fuse") + (o.fold ? "" : " no fold") + (o.channels_last ? "" : " no channels_last") + (o.pack ? "" : " no pack") + (o.keep_all ? " keep_all" : "");
}

int how_many(int usual, int with_long) {
  char const* const given = std::getenv("DSI_LONG");
  return given != nullptr && given[0] == '1' ? with_long : usual;
}

}  // namespace

TEST_CASE("plans of random networks compute them") {
  int steps = 0, fused = 0, folded = 0, views = 0, reorders = 0, copies = 0, in_place = 0;
  for (unsigned seed = 1; seed <= static_cast<unsigned>(how_many(400, 20000)); ++seed) {
    network const net(planning::random_network(seed).take());
    auto const expected = net.all();
    for (unsigned bits = 0; bits < 32; ++bits) {
      plan_options const options{.fuse = (bits & 1) == 0, .fold = (bits & 2) == 0, .channels_last = (bits & 4) == 0, .pack = (bits & 8) == 0, .keep_all = (bits & 16) != 0};
      if (bits != 0 && bits != 16 && bits % 7 != seed % 7) continue;  // the usual ones always, the others in turn
      auto const plan = dsi::import::make_native_plan(net.view(), options);
      INFO("seed " << seed << text_of(options));
      REQUIRE(dsi::import::valid_native_plan(net.view(), plan.view()));
      REQUIRE(planning::carried_out(net, plan.view(), expected) == "");
      if (options.keep_all) {
        planning::plan_run r(net, plan.view());
        REQUIRE(r.run());
        for (int t = 0; t < net.view().tensor_count; ++t) {
          planning::values v;
          if (net.view().tensors[t].kind != dsi::tensor_kind::value || !r.exists(t)) continue;
          REQUIRE(r.read_any(t, v));
          REQUIRE(planning::same_bits(v, expected[static_cast<std::size_t>(t)]));
        }
      }
      if (bits != 0) continue;
      for (int s = 0; s < plan.step_count; ++s) {
        dsi::plan_step const& step = plan.steps[static_cast<std::size_t>(s)];
        ++steps;
        fused += step.members - step.folded > 1;
        folded += step.folded > 0;
        views += step.kind == dsi::step_kind::alias;
        reorders += step.kind == dsi::step_kind::reorder && step.to_output < 0;
        copies += step.to_output >= 0;
        for (int i = 0; i < step.inputs && step.kind == dsi::step_kind::kernel; ++i) {
          auto const &x = plan.operands[static_cast<std::size_t>(step.first_operand + i)], &y = plan.operands[static_cast<std::size_t>(step.first_operand + step.inputs)];
          auto const view = plan.view();
          in_place += x.weight < 0 && view.buffer(x.tensor, x.order).root == view.buffer(y.tensor, y.order).root;
        }
      }
    }
  }
  MESSAGE(steps << " steps: " << fused << " fused, " << folded << " folded, " << views << " views, " << reorders << " reorders, " << copies << " copies to outputs, " << in_place << " in place");
  // The networks must meet what they are for.
  for (int n : {fused, folded, views, reorders, copies, in_place}) CHECK(n > 20);
}
