// SPDX-License-Identifier: MIT
#include "output.hpp"

#include <cmath>
#include <cstdio>

namespace bench {

namespace {

std::string text_of(double seconds) {
  char text[40];
  if (!std::isfinite(seconds)) return "-";
  if (seconds < 1e-6) std::snprintf(text, sizeof text, "%.1f ns", seconds * 1e9);
  else if (seconds < 1e-3) std::snprintf(text, sizeof text, "%.3g us", seconds * 1e6);
  else std::snprintf(text, sizeof text, "%.3g ms", seconds * 1e3);
  return text;
}

contender_result const* ours(network_result const& n) {
  for (contender_result const& c : n.contenders)
    if (c.name == "dsi" && !c.rounds.empty()) return &c;
  return nullptr;
}

void write_interval(json_writer& to, char const* key, std::vector<double> const& values) {
  interval const i = median_interval(values);
  to.add(key, std::vector{i.middle, i.low, i.high});
}

}  // namespace

void print(network_result const& n) {
  std::printf("\n%s   floor %s, %.3g M MACs, %.3g MB of weights\n", n.network.title, text_of(n.floor.seconds).c_str(), n.floor.operations / 2e6,
              [&] { double b = 0; for (layer_work const& l : n.layers) b += l.weight_bytes; return b; }() * 1e-6);
  std::printf("  %-18s %10s %8s  %-22s %9s %9s %9s %9s %9s %7s\n", "", "hot", "/ floor", "/ dsi (95%)", "p99", "p99.9", "cold L3", "new proc.", "idle 5ms", "dropped");
  contender_result const* const dsi = ours(n);
  for (contender_result const& c : n.contenders) {
    if (c.rounds.empty()) {
      if (!c.absent.empty()) std::printf("  %-18s %s\n", c.name.c_str(), c.absent.c_str());
      continue;
    }
    char ratio[60] = "";
    if (dsi != nullptr && dsi != &c) {
      interval const r = median_interval(ratios(c.rounds, dsi->rounds));
      std::snprintf(ratio, sizeof ratio, "%.3g (%.3g-%.3g)", r.middle, r.low, r.high);
    }
    std::printf("  %-18s %10s %8.2f  %-22s %9s %9s %9s %9s %9s %6.0f%%\n", c.name.c_str(), text_of(median(kept(c.rounds))).c_str(), median(ratios(c.rounds, c.floors)), ratio,
                text_of(c.tail.p99).c_str(), text_of(c.tail.p999).c_str(), text_of(c.cache_cold).c_str(), text_of(c.page_cold).c_str(), text_of(c.after_idle).c_str(),
                100.0 * c.dropped / c.slices);
  }
  std::fflush(stdout);
}

void write(json_writer& to, network_result const& n, bool threads) {
  to.begin_object().add("name", n.network.name).add("title", n.network.title).add("floor", n.floor.seconds).add("lower_floor", n.lower_floor.seconds);
  to.add("operations", n.floor.operations).add("bytes", n.floor.bytes).add("compute_share", n.floor.compute_seconds / n.floor.seconds);
  to.add("peak", median(n.peaks)).add("l2", median(n.l2)).add("l3", median(n.l3)).begin_list("layers");
  if (!threads)
    for (layer_work const& l : n.layers) to.begin_object().add("name", l.name).add("macs", l.macs).add("effective_macs", l.effective_macs).add("weight_bytes", l.weight_bytes).add("activation_bytes", l.activation_bytes).end();
  to.end().begin_list("contenders");
  contender_result const* const dsi = ours(n);
  for (contender_result const& c : n.contenders) {
    to.begin_object().add("name", c.name).add("note", c.note);
    if (!c.absent.empty()) to.add("absent", c.absent);
    if (!c.rounds.empty()) {
      write_interval(to, "seconds", kept(c.rounds));
      write_interval(to, "floor_multiple", ratios(c.rounds, c.floors));
      if (dsi != nullptr && dsi != &c) write_interval(to, "ratio_to_dsi", ratios(c.rounds, dsi->rounds));
      to.add("error", c.error).add("rounds", static_cast<double>(c.rounds.size())).add("kept", static_cast<double>(kept(c.rounds).size()));
      to.add("drop_rate", static_cast<double>(c.dropped) / c.slices).add("cache_cold", c.cache_cold).add("page_cold", c.page_cold).add("after_idle", c.after_idle);
      to.begin_object("tail").add("samples", static_cast<double>(c.tail.samples)).add("p50", c.tail.p50).add("p99", c.tail.p99).add("p999", c.tail.p999);
      to.add("spin_p50", c.tail.spin_p50).add("spin_p99", c.tail.spin_p99).add("spin_p999", c.tail.spin_p999).end();
    }
    to.end();
  }
  to.end().end();
}

}  // namespace bench
