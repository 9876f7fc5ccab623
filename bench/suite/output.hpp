// SPDX-License-Identifier: MIT
// Results of the suite on the terminal and as JSON.
#pragma once

#include "suite.hpp"

namespace bench {

void print(network_result const& n);
void write(json_writer& to, network_result const& n, bool threads);

}  // namespace bench
