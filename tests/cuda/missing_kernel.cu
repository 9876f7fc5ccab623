// SPDX-License-Identifier: MIT
// The CUDA backend has no fallback: a layer that it has no kernel for must not compile, and the compiler must say why.
#include <dsi/cuda.hpp>

#ifdef GOOD
struct net : dsi::pipeline<dsi::input<float, 1, 8>, dsi::dense<4>, dsi::relu> {};
#else
struct net : dsi::pipeline<dsi::input<float, 1, 8>, dsi::dense<4>, dsi::softmax> {};
#endif
using engine = dsi::cuda_engine<net>;
auto make(dsi::weights<net, dsi::cuda_backend> const& w) { return engine::create(w); }
