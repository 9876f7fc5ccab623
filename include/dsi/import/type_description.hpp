// SPDX-License-Identifier: MIT
// Reads what a compiler said of a network written by hand: the text of embedded_describe.hpp.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include <dsi/embedded.hpp>
#include <dsi/import/emit_embedding.hpp>

namespace DSI_NAMESPACE::import {

/// Fills `networks`. Returns what is wrong with the text, or nothing.
inline std::string read_description(std::string const& text, std::vector<embedded_network>& networks) {
  std::istringstream lines(text);
  std::string line;
  auto const wrong = [&] { return "the type's description has the unexpected line \"" + detail::commented(line.substr(0, 80)) + "\"; build again"; };
  if (!std::getline(lines, line) || line != "dsi-description " + std::to_string(embed::abi_version)) return wrong();
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "network") {
      embedded_network n;
      if (!(words >> n.batch >> n.state_bytes)) return wrong();
      networks.push_back(n);
      continue;
    }
    int type = 0, rank = 0;
    if ((kind != "input" && kind != "output") || networks.empty() || !(words >> type >> rank)) return wrong();
    if (type < 0 || type > static_cast<int>(dtype::boolean) || rank < 0 || rank > max_rank) return wrong();
    embedded_port p;
    p.type = static_cast<dtype>(type);
    p.dims.resize(static_cast<std::size_t>(rank));
    for (index& d : p.dims)
      if (!(words >> d) || d < 0) return wrong();
    words.get();
    std::getline(words, p.name);
    (kind == "input" ? networks.back().inputs : networks.back().outputs).push_back(p);
  }
  if (networks.empty()) return "the type's description names no network; build again";
  return {};
}

}  // namespace DSI_NAMESPACE::import
