// SPDX-License-Identifier: MIT
// A network that dsi_add_model compiled, as a contender; and its entry in the suite.
#pragma once

#include <dsi/embedded_net.hpp>

#include "../work.hpp"
#include "contender.hpp"

namespace bench {

/// Net: the generated class S::net. It runs on its own memory.
template <class Net>
contender make_dsi() {
  auto made = Net::create();
  if (!made) return absent("dsi", made.error().what.c_str());
  auto const net = std::make_shared<Net>(std::move(*made));
  contender c;
  c.name = "dsi";
  c.note = "instruction set " + std::string(net->isa());
  c.call = [](void* self) { static_cast<Net*>(self)->run(); };
  c.rest = [](void* self, bool resting) { resting ? static_cast<Net*>(self)->park() : static_cast<Net*>(self)->unpark(); };
  c.self = net.get();
  [&]<std::size_t... I>(std::index_sequence<I...>) { (c.inputs.push_back(net->template input<I>()), ...); }(std::make_index_sequence<Net::input_count>{});
  [&]<std::size_t... I>(std::index_sequence<I...>) { (c.outputs.push_back(net->template output<I>()), ...); }(std::make_index_sequence<Net::output_count>{});
  c.owner = net;
  return c;
}

struct suite_entry {
  explicit suite_entry(suite_network const& n) { networks().push_back(n); }
};

}  // namespace bench
