// SPDX-License-Identifier: MIT
#include <dlfcn.h>

#include <cstring>

#include "contender.hpp"
#include "eigen_mlp.hpp"

namespace bench {

contender make_eigen(suite_network const& network, suite_paths const& paths, bool fast_math) {
  std::string const name = fast_math ? "Eigen -ffast-math" : "Eigen";
#if defined(BENCH_EIGEN_MODULE)
  if (std::strncmp(network.name, "mlp_", 4) != 0) return absent(name, "");
  void* const module = dlopen(fast_math ? BENCH_EIGEN_FAST_MODULE : BENCH_EIGEN_MODULE, RTLD_NOW | RTLD_LOCAL);
  auto* const open = module != nullptr ? reinterpret_cast<eigen_open*>(dlsym(module, "bench_eigen_open")) : nullptr;
  if (open == nullptr) return absent(name, dlerror());
  std::vector<float> const weights = read_floats(paths.of(network.name, "weights.bin"));
  eigen_network made{};
  if (!open(network.name, weights.data(), weights.size(), &made)) return absent(name, "not written for this network");
  contender c;
  c.name = name;
  c.note = fast_math ? "-O3 -march=native -ffast-math: NaN and order of sums given up" : "-O3 -march=native";
  c.call = made.call, c.self = made.self;
  c.inputs = {{made.input, made.input_size}};
  c.outputs = {{made.output, made.output_size}};
  return c;
#else
  (void)network, (void)paths;
  return absent(name, "not installed");
#endif
}

}  // namespace bench
