// SPDX-License-Identifier: MIT
// An engine on a GPU: owns device memory, and enqueues runs on streams.
#pragma once

#include <memory>
#include <span>

#include <dsi/backend/cuda/backend.hpp>
#include <dsi/backend/cuda/stream.hpp>
#include <dsi/plan/runner.hpp>
#include <dsi/weights.hpp>

namespace DSI_NAMESPACE {

namespace detail {

/// The calls with one span per input and output, in ONNX's order and types.
template <class Self, class Network, class Inputs, class Outputs>
struct device_engine_io;
template <class Self, class Network, int... I, int... O>
struct device_engine_io<Self, Network, std::integer_sequence<int, I...>, std::integer_sequence<int, O...>> {
  template <int K>
  using in_type = storage_t<Network::graph.desc(Network::graph.inputs[K]).type> const;
  template <int K>
  using out_type = storage_t<Network::graph.desc(Network::graph.outputs[K]).type>;
  template <int K>
  static constexpr std::size_t in_size = static_cast<std::size_t>(Network::graph.desc(Network::graph.inputs[K]).size());
  template <int K>
  static constexpr std::size_t out_size = static_cast<std::size_t>(Network::graph.desc(Network::graph.outputs[K]).size());

  /// Puts one run on a stream and returns: outputs are there when the stream has come so far. All spans lie in device memory
  /// and must live until then. Runs of one engine share its arena, so they must be on one stream or wait for each other.
  /// Errors    device: the driver did not take the work; errors of the work itself show when the stream is waited for
  /// Memory    allocates nothing; copies nothing
  status enqueue(cudaStream_t stream, span_in<in_type<I>, in_size<I>, memory_space::device>... in,
                 span_in<out_type<O>, out_size<O>, memory_space::device>... out) noexcept {
    void const* const x[]{in.data()..., nullptr};
    void* const y[]{out.data()..., nullptr};
    return static_cast<Self*>(this)->enqueue_pointers(stream, x, y);
  }
  /// The same from and to host memory: enqueues the copies, too. They run beside other streams' work only when the spans lie
  /// in page-locked memory (cuda::allocate_pinned).
  status enqueue_with_copies(cudaStream_t stream, span_in<in_type<I>, in_size<I>, memory_space::host>... in,
                             span_in<out_type<O>, out_size<O>, memory_space::host>... out) noexcept {
    void const* const x[]{in.data()..., nullptr};
    void* const y[]{out.data()..., nullptr};
    return static_cast<Self*>(this)->enqueue_host_pointers(stream, x, y);
  }
  /// One run from and to host memory on the default stream, waited for.
  status run(span_in<in_type<I>, in_size<I>, memory_space::host>... in, span_in<out_type<O>, out_size<O>, memory_space::host>... out) noexcept {
    if (auto good = enqueue_with_copies(nullptr, in..., out...); !good) return good;
    return cuda::status_of(cudaStreamSynchronize(nullptr), "running a network");
  }
};

}  // namespace detail

/// Runs Model on a GPU. Weights are uploaded once; arena and buffers for copies are allocated once, in device memory.
template <class Model, class Backend = cuda_backend>
class cuda_engine : public detail::device_engine_io<cuda_engine<Model, Backend>, network<Model, Backend>,
                                                    std::make_integer_sequence<int, Model::description.view().input_count>,
                                                    std::make_integer_sequence<int, Model::description.view().output_count>> {
 public:
  using network_type = network<Model, Backend>;
  using runner_type = runner<network_type>;
  using weights_type = weights<Model, Backend>;
  static_assert(memory_of<Backend> == memory_space::device, "dsi::cuda_engine: this backend works in host memory; use dsi::engine");
  static_assert(runner_type::state_bytes == 0, "dsi::cuda_engine: this network has state, which no CUDA kernel keeps yet");

  /// Errors: unsupported without a GPU, out_of_memory, device.
  static result<cuda_engine> create(weights_type const& w) {
    auto memory = cuda::allocate_device(weight_bytes + arena_bytes + io.bytes);
    if (!memory) return memory.error();
    cuda_engine e(std::move(*memory));
    if (auto good = e.bind(w); !good) return good.error();
    return result<cuda_engine>(std::move(e));
  }

  /// Other weights from now on; waits for the copy. Not while a run is under way.
  status bind(weights_type const& w) {
    return cuda::status_of(cudaMemcpy(memory_.data(), w.data(), static_cast<std::size_t>(network_type::plan.weight_bytes), cudaMemcpyHostToDevice), "uploading weights");
  }

  status enqueue_pointers(cudaStream_t stream, void const* const* in, void* const* out) noexcept {
    cuda_context context{stream};
    std::byte* const arena = memory_.data() + weight_bytes;
    runner_type::run(run_frame{memory_.data(), arena, arena + arena_bytes, in, out}, context);
    return cuda::status_of(context.error, "enqueuing a network");
  }
  status enqueue_host_pointers(cudaStream_t stream, void const* const* in, void* const* out) noexcept {
    constexpr graph_view g = network_type::graph;
    std::byte* const first = memory_.data() + weight_bytes + arena_bytes;
    void const* x[g.input_count + 1]{};
    void* y[g.output_count + 1]{};
    for (int i = 0; i < g.input_count; ++i) {
      std::byte* const to = first + io.at[i];
      x[i] = to;
      if (auto good = copy(to, in[i], g.desc(g.inputs[i]), cudaMemcpyHostToDevice, stream); !good) return good;
    }
    for (int o = 0; o < g.output_count; ++o) y[o] = first + io.at[g.input_count + o];
    if (auto good = enqueue_pointers(stream, x, y); !good) return good;
    for (int o = 0; o < g.output_count; ++o)
      if (auto good = copy(out[o], y[o], g.desc(g.outputs[o]), cudaMemcpyDeviceToHost, stream); !good) return good;
    return {};
  }

 private:
  explicit cuda_engine(cuda::device_memory&& m) : memory_(std::move(m)) {}
  static status copy(void* to, void const* from, tensor_desc const& d, cudaMemcpyKind kind, cudaStream_t stream) noexcept {
    return cuda::status_of(cudaMemcpyAsync(to, from, static_cast<std::size_t>(d.bytes()), kind, stream), "copying an input or output");
  }
  static constexpr std::size_t aligned(index bytes) { return static_cast<std::size_t>(round_up(bytes, 256)); }
  /// Buffers for inputs and outputs, for the calls with copies.
  struct io_layout {
    std::size_t at[network_type::graph.input_count + network_type::graph.output_count + 1]{};
    std::size_t bytes = 0;
  };
  static constexpr io_layout io = [] {
    constexpr graph_view g = network_type::graph;
    io_layout l;
    for (int i = 0; i < g.input_count + g.output_count; ++i) {
      l.at[i] = l.bytes;
      l.bytes += aligned(g.desc(i < g.input_count ? g.inputs[i] : g.outputs[i - g.input_count]).bytes());
    }
    return l;
  }();
  static constexpr std::size_t weight_bytes = aligned(network_type::plan.weight_bytes);
  static constexpr std::size_t arena_bytes = aligned(static_cast<index>(runner_type::arena_bytes));

  cuda::device_memory memory_;  // weights, arena, buffers
};

}  // namespace DSI_NAMESPACE
