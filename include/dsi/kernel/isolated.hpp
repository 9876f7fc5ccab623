// SPDX-License-Identifier: MIT
// The tensors of one problem, to run its kernels on by themselves: for micro-benchmarks, tuning and tests.
//
//   using problem = dsi::problem<dsi::conv2d<...>, dsi::tensor_list<...>, dsi::tensor_list<...>>;
//   dsi::isolated<problem> one;
//   dsi::serial team;
//   one.run<dsi::simd::conv_tile<isa, problem>>(team);
//   one.output()                                        what it computed
#pragma once

#include <span>

#include <dsi/kernel/kernel.hpp>
#include <dsi/kernel/pack.hpp>
#include <dsi/tensor/storage.hpp>

namespace DSI_NAMESPACE {

/// Operands, workspace and state for kernels of one problem. Inputs hold values that look random and are the same in each object:
/// floats in [-1, 1), integers in [-8, 8), bool 0 and 1; weights are packed as the problem's layouts say.
template <class Problem>
class isolated {
 public:
  /// Allocates all tensors; without memory it throws bad_alloc (ends the program under -fno-exceptions).
  isolated() {
    for (int i = 0; i < Problem::input_count; ++i) fill(i);
    for (int o = 0; o < Problem::output_count; ++o) {
      tensor_desc const& d = Problem::out(o);
      allocate(outputs_[o], d.bytes());
      out_[o] = outputs_[o].data();
    }
    clear();
  }

  /// One run of Kernel. Its workspace and state are made at the first run of each kernel, so warm up before taking times.
  template <class Kernel, class Team>
  void run(Team& team) {
    static_assert(Kernel::supports, "dsi::isolated: this kernel does not support this problem");
    if (scratch_bytes_ < Kernel::workspace) {
      allocate(scratch_, static_cast<index>(Kernel::workspace));
      scratch_bytes_ = Kernel::workspace;
    }
    if constexpr (Kernel::state > 0) {
      if (owner_ != &owner_of<Kernel>) {
        allocate(state_, static_cast<index>(Kernel::state));
        std::memset(state_.data(), 0, Kernel::state);
        if constexpr (requires { Kernel::reset(static_cast<void*>(nullptr)); }) Kernel::reset(static_cast<void*>(state_.data()));
        owner_ = &owner_of<Kernel>;
      }
    }
    run_context<Team> context{team};
    Kernel::run(kernel_args{in_, out_}, scratch_.data(), state_.data(), context);
  }

  /// Output I as it lies in memory.
  template <int I = 0>
  auto output() const {
    using T = typename Problem::template output<I>::value_type;
    return std::span<T const>(static_cast<T const*>(out_[I]), static_cast<std::size_t>(Problem::out(I).size()));
  }
  /// Overwrites the outputs with a pattern that no kernel gives: floats become NaN.
  void clear() {
    for (int o = 0; o < Problem::output_count; ++o) std::memset(out_[o], 0xff, static_cast<std::size_t>(Problem::out(o).bytes()));
  }
  /// Multiplications with accumulation of one run.
  static constexpr index macs() { return macs_of(anchor(), {Problem::inputs::desc, Problem::input_count}, Problem::out()); }

 private:
  template <class Kernel>
  static constexpr char owner_of = 0;

  static constexpr auto anchor() {
    if constexpr (std::is_same_v<typename detail::candidate_key<anchor_of<Problem>>::type, map_operation>) return map_operation{};
    else return anchor_value<Problem>();
  }
  static weight_role role_of([[maybe_unused]] int input) {
    if constexpr (!std::is_same_v<decltype(anchor()), map_operation>) {
      op_traits const t = traits_of(anchor(), {Problem::inputs::desc, Problem::input_count});
      return input == 1 ? t.weight : input == 2 ? t.weight2 : weight_role::none;
    } else {
      return weight_role::none;
    }
  }
  static void allocate(aligned_memory& m, index bytes) {
    if (!m.allocate(static_cast<std::size_t>(larger(bytes, 1)))) out_of_memory();
  }
  void fill(int i) {
    tensor_desc const& d = Problem::in(i);
    tensor_desc const canonical{d.type, winograd_tile(d.order) != 0 ? d.order : layout::row_major, d.extents};
    weight_role const role = role_of(i);
    bool const packed = d.order != layout::row_major && d.order != layout::channels_last;
    bool const grouped = role == weight_role::convolution && d.rank() > Problem::in(0).rank();
    visit_dtype(d.type, [&](auto zero) {
      using T = decltype(zero);
      aligned_memory plain;
      allocate(plain, d.size() * static_cast<index>(sizeof(T)));
      T* const v = reinterpret_cast<T*>(plain.data());
      std::uint32_t state = 2463534242u + static_cast<std::uint32_t>(i);
      for (index k = 0; k < d.size(); ++k) {
        state ^= state << 13, state ^= state >> 17, state ^= state << 5;  // xorshift32 (Marsaglia 2003)
        v[k] = value<T>(state);
      }
      if (!packed) {
        inputs_[i] = std::move(plain);
      } else {
        allocate(inputs_[i], packed_size(canonical, role, grouped) * static_cast<index>(sizeof(T)));
        pack(canonical, role, grouped, static_cast<T const*>(v), reinterpret_cast<T*>(inputs_[i].data()));
      }
    });
    in_[i] = inputs_[i].data();
  }
  template <class T>
  static T value(std::uint32_t bits) {
    if constexpr (std::is_same_v<T, bool>) return (bits >> 31) != 0;
    else if constexpr (std::is_integral_v<T>) return static_cast<T>(static_cast<std::int32_t>(bits) >> 28);
    else return T(static_cast<float>(static_cast<std::int32_t>(bits) >> 8) * 0x1p-23f);
  }

  aligned_memory inputs_[Problem::input_count > 0 ? Problem::input_count : 1];
  aligned_memory outputs_[Problem::output_count];
  aligned_memory scratch_, state_;
  std::size_t scratch_bytes_ = 0;
  void const* owner_ = nullptr;
  void const* in_[Problem::input_count + 1]{};
  void* out_[Problem::output_count]{};
};

}  // namespace DSI_NAMESPACE
