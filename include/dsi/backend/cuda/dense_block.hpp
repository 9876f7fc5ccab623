// SPDX-License-Identifier: MIT
// What one block of threads does for a dense layer: plain functions of a thread's number, so that a test can run them on the CPU.
#pragma once

#include <dsi/backend/cuda/backend.hpp>
#include <dsi/kernel/pack.hpp>
#include <dsi/numeric/primitives.hpp>
#include <dsi/op/dense.hpp>

namespace DSI_NAMESPACE::cuda {

/// How a dense layer is cut: blocks of rows x outputs, `depth` inputs at a time in shared memory, and each thread's share.
struct dense_tuning {
  int rows = 64;
  int outputs = 64;  ///< a multiple of panel_width
  int depth = 16;    ///< a multiple of the packed weights' interleave
  int thread_rows = 4;
  int thread_outputs = 4;
  constexpr int threads() const { return rows / thread_rows * (outputs / thread_outputs); }
  constexpr bool operator==(dense_tuning const&) const = default;
};

/// Few rows: a thread has one output, so that there are enough of them.
constexpr dense_tuning dense_tuning_for(index rows) {
  if (rows >= 16) return {};
  if (rows > 1) return {.rows = 4, .outputs = 64, .depth = 32, .thread_rows = 4, .thread_outputs = 1};
  return {.rows = 1, .outputs = 64, .depth = 32, .thread_rows = 1, .thread_outputs = 1};
}

/// Where an expression's arg lies beside the output's element (row, channel); ONNX broadcasting. Rows count all dimensions
/// but the last.
template <class Problem, int I>
struct dense_arg {
  static constexpr int rank = Problem::out().rank();
  template <int D>
  static constexpr int extent = static_cast<int>(Problem::out()[D]);
  template <int D>
  static constexpr int step = static_cast<int>(broadcast_strides(Problem::in(I), Problem::out())[D]);
  template <int D>
  DSI_HD static int offset_of_row(int row) {
    if constexpr (D < 0) return 0;
    else return row % extent<D> * step<D> + offset_of_row<D - 1>(row / extent<D>);
  }
  DSI_HD static int offset(int row, int channel) { return channel * step<rank - 1> + offset_of_row<rank - 2>(row); }
};

/// One block of a dense layer with a fused expression. x [..., In] row-major, weights in panels as on the CPU.
/// Order of a sum: the bias, then inputs 0, 1, 2, ..., each with one rounding, as the CPU's tiles have it.
template <class Problem, dense_tuning Tuning>
struct dense_block {
  using element = typename Problem::template output<0>::value_type;
  using expression = expression_of<Problem>;
  static constexpr dense_tuning tuning = Tuning;
  static constexpr tensor_desc x_desc = Problem::in(0);
  static constexpr int rank = x_desc.rank();
  static constexpr int inputs = static_cast<int>(x_desc[rank - 1]);
  static constexpr int outputs = static_cast<int>(Problem::out()[rank - 1]);
  static constexpr int rows = inputs > 0 ? static_cast<int>(x_desc.size() / inputs) : 0;
  static constexpr int width = static_cast<int>(panel_width);
  static constexpr int interleave = static_cast<int>(interleave_of(dtype_of<element>));
  static constexpr int padded_inputs = (inputs + interleave - 1) / interleave * interleave;
  static constexpr int panels = (outputs + width - 1) / width;
  static constexpr int args_from = anchor_inputs<Problem>;
  static constexpr bool has_bias = args_from == 3;
  static constexpr int threads = Tuning.threads();
  static constexpr int row_blocks = (rows + Tuning.rows - 1) / Tuning.rows;
  static constexpr int output_blocks = (outputs + Tuning.outputs - 1) / Tuning.outputs;
  static constexpr int depth = Tuning.depth;
  static_assert(Tuning.outputs % width == 0 && depth % interleave == 0 && Tuning.rows % Tuning.thread_rows == 0 && Tuning.outputs % Tuning.thread_outputs == 0,
                "dsi::cuda::dense_tuning: outputs must be a multiple of 16, depth one of the interleave, a block a multiple of a thread's share");

  /// Device pointers; a copy goes to the kernel.
  struct pointers {
    void const* in[Problem::input_count];
    void* out;
  };
  /// One column more than rows, so that threads that store one row's inputs hit different banks.
  struct shared {
    float x[Tuning.depth][Tuning.rows + 1];
    float w[Tuning.depth][Tuning.outputs];
  };
  struct place {
    int row_block = 0, output_block = 0, thread = 0;
  };

  float sum[Tuning.thread_rows][Tuning.thread_outputs];

  DSI_HD static int row_of(place p, int i) { return p.row_block * Tuning.rows + p.thread / threads_across + i * threads_down; }
  DSI_HD static int output_of(place p, int j) { return p.output_block * Tuning.outputs + p.thread % threads_across + j * threads_across; }

  DSI_HD void start(pointers const& to, place p) {
    DSI_UNROLL
    for (int j = 0; j < Tuning.thread_outputs; ++j) {
      float bias = 0;
      if constexpr (has_bias)
        if (output_of(p, j) < outputs) bias = static_cast<float>(static_cast<element const*>(to.in[2])[output_of(p, j)]);
      DSI_UNROLL
      for (int i = 0; i < Tuning.thread_rows; ++i) sum[i][j] = bias;
    }
  }
  /// Inputs first .. first + depth of the block's rows and outputs; zeros beyond the tensors. Neighbouring threads read
  /// neighbouring elements: of a row of x, and of the part of a panel that these inputs are.
  DSI_HD static void load(pointers const& from, place p, int first, shared& s) {
    auto const* const x = static_cast<element const*>(from.in[0]);
    for (int e = p.thread; e < Tuning.rows * depth; e += threads) {
      int const r = e / depth, k = e % depth, row = p.row_block * Tuning.rows + r;
      s.x[k][r] = row < rows && first + k < inputs ? static_cast<float>(x[row * inputs + first + k]) : 0.f;
    }
    auto const* const w = static_cast<element const*>(from.in[1]);
    for (int e = p.thread; e < Tuning.outputs * depth; e += threads) {
      int const panel = e / (depth * width), at = e % (depth * width);
      int const k = at / (width * interleave) * interleave + at % interleave, o = at % (width * interleave) / interleave;
      int const global = p.output_block * (Tuning.outputs / width) + panel;
      s.w[k][panel * width + o] =
          global < panels && first + k < padded_inputs ? static_cast<float>(w[global * (padded_inputs * width) + first * width + at]) : 0.f;
    }
  }
  DSI_HD void multiply(shared const& s, place p) {
    int const r = p.thread / threads_across, o = p.thread % threads_across;
    DSI_UNROLL
    for (int k = 0; k < depth; ++k) {
      float a[Tuning.thread_rows], b[Tuning.thread_outputs];
      DSI_UNROLL
      for (int i = 0; i < Tuning.thread_rows; ++i) a[i] = s.x[k][r + i * threads_down];
      DSI_UNROLL
      for (int j = 0; j < Tuning.thread_outputs; ++j) b[j] = s.w[k][o + j * threads_across];
      DSI_UNROLL
      for (int i = 0; i < Tuning.thread_rows; ++i)
        DSI_UNROLL
        for (int j = 0; j < Tuning.thread_outputs; ++j) sum[i][j] = math::detail::fma_of(a[i], b[j], sum[i][j]);
    }
  }
  DSI_HD void finish(pointers const& to, place p) {
    auto* const y = static_cast<element*>(to.out);
    DSI_UNROLL
    for (int i = 0; i < Tuning.thread_rows; ++i)
      DSI_UNROLL
      for (int j = 0; j < Tuning.thread_outputs; ++j) {
        int const row = row_of(p, i), channel = output_of(p, j);
        if (row < rows && channel < outputs) y[row * outputs + channel] = static_cast<element>(evaluate<expression>(sum[i][j], argument{to, row, channel}));
      }
  }

 private:
  static constexpr int threads_across = Tuning.outputs / Tuning.thread_outputs;
  static constexpr int threads_down = Tuning.rows / Tuning.thread_rows;

  struct argument {
    pointers const& from;
    int row, channel;
    template <int I>
    DSI_HD float operator()(std::integral_constant<int, I>) const {
      return static_cast<float>(static_cast<element const*>(from.in[I])[dense_arg<Problem, I>::offset(row, channel)]);
    }
  };
};

/// True for dense layers that dense_block can do.
template <class Problem>
constexpr bool dense_block_supports() {
  tensor_desc const& x = Problem::in(0);
  tensor_desc const& y = Problem::out();
  if (!std::is_same_v<decltype(anchor_value<Problem>()), dense_attributes> || Problem::output_count != 1) return false;
  if (x.type != dtype::f32 && x.type != dtype::f16 && x.type != dtype::bf16) return false;
  for (int i = 0; i < Problem::input_count; ++i)
    if (Problem::in(i).type != y.type || Problem::in(i).size() > (index{1} << 30) || (i != 1 && Problem::in(i).order != layout::row_major)) return false;
  constexpr int own = anchor_inputs<Problem>;
  return x.rank() >= 1 && x.size() > 0 && y.size() > 0 && y.size() <= (index{1} << 30) && y.order == layout::row_major && Problem::in(1).order == layout::panels &&
         (own == 2 || own == 3);
}

}  // namespace DSI_NAMESPACE::cuda
