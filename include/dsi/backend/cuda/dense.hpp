// SPDX-License-Identifier: MIT
// Fully connected layers on a GPU.
#pragma once

#if !defined(__CUDACC__)
#error "dsi: the CUDA backend is compiled by nvcc; name the file .cu, or set its LANGUAGE to CUDA"
#endif

#include <dsi/backend/cuda/dense_block.hpp>
#include <dsi/backend/cuda/stream.hpp>

namespace DSI_NAMESPACE {

namespace cuda {

template <class Block>
__global__ void __launch_bounds__(Block::threads) dense_grid(typename Block::pointers p) {
  __shared__ typename Block::shared s;
  typename Block::place const at{static_cast<int>(blockIdx.x), static_cast<int>(blockIdx.y), static_cast<int>(threadIdx.x)};
  Block b;
  b.start(p, at);
  for (int k = 0; k < Block::inputs; k += Block::depth) {
    Block::load(p, at, k, s);
    __syncthreads();
    b.multiply(s, at);
    __syncthreads();
  }
  b.finish(p, at);
}

/// Dense layers with any expression: x [..., In] row-major, weights in panels, float, half or bfloat16 with sums in float.
template <class Problem, dense_tuning Tuning = dense_tuning_for(Problem::out().size() / Problem::out()[Problem::out().rank() - 1])>
struct dense_tile : kernel_defaults {
  static constexpr std::string_view name = "tile";
  static constexpr bool supports = dense_block_supports<Problem>();

  /// Enqueues; arguments are device pointers.
  template <class Context>
  static void run(kernel_args args, void*, void*, Context& context) noexcept {
    using block = dense_block<Problem, Tuning>;
    static_assert(block::output_blocks <= 65535, "dsi::cuda::dense_tile: too many outputs for one grid");
    typename block::pointers p;
    for (int i = 0; i < Problem::input_count; ++i) p.in[i] = args.in[i];
    p.out = args.out[0];
    dense_grid<block><<<dim3(block::row_blocks, block::output_blocks), block::threads, 0, context.stream>>>(p);
    context.note(cudaGetLastError());
  }
};

}  // namespace cuda

template <class Problem>
struct candidates<cuda_backend, dense_attributes, Problem> {
  using type = kernel_list<cuda::dense_tile<Problem>>;
};

}  // namespace DSI_NAMESPACE
