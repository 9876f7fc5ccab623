// SPDX-License-Identifier: MIT
// Random networks with every feature that planning must cope with: branches, views, permutations, folding, broadcasts, several
// outputs of a node, outputs that are inputs, constants or the same tensor twice.
#pragma once

#include "native_network.hpp"

namespace planning {

class random_network {
 public:
  explicit random_network(unsigned seed, int nodes = 14) : m_(seed) {
    for (int i = 1 + m_.pick(2); i > 0; --i) pool_.push_back(m_.input(m_.pick(3) == 0 ? dsi::shape(1 + m_.pick(3), extent()) : image()));
    for (int i = 0; i < 6 * nodes && static_cast<int>(m_.graph.nodes.size()) < nodes; ++i) grow();
    choose_outputs();
  }
  di::import_graph take() { return std::move(m_.graph); }

 private:
  index extent() { return 1 + m_.pick(5); }
  dsi::shape image() { return dsi::shape(1 + m_.pick(2), m_.pick(4) == 0 ? 1 : extent(), extent(), extent()); }
  /// Mostly a recent value, so that chains form.
  int any() { return pool_[m_.pick(3) == 0 ? static_cast<std::size_t>(m_.pick(static_cast<int>(pool_.size()))) : pool_.size() - 1]; }
  void keep(int v) {
    if (v >= 0 && m_.desc(v).size() < 4096)
      for (int o : m_.graph.nodes.back().outputs) pool_.push_back(o);
  }

  template <class Op>
  void unary(Op const& op, int x) { keep(m_.add(op, {x})); }
  /// A second operand that broadcasts: a tensor of the same extents, or a constant of some kind.
  int partner(int x) {
    dsi::shape const& s = m_.desc(x).extents;
    if (m_.pick(2) == 0)
      for (int tries = 0; tries < 8; ++tries) {
        int const v = pool_[static_cast<std::size_t>(m_.pick(static_cast<int>(pool_.size())))];
        if (m_.desc(v).extents == s) return v;
      }
    dsi::shape c = s;
    switch (m_.pick(5)) {
      case 0: return m_.constant(s);
      case 1: return m_.constant(dsi::shape{});
      case 2: return m_.constant(s.rank > 0 ? dsi::shape(s[s.rank - 1]) : s);
      default:
        for (int d = 0; d < s.rank; ++d)
          if (d != 1) c[d] = 1;
        return m_.constant(c);
    }
  }
  void convolve(int x) {
    dsi::conv_attributes a;
    bool const wide = m_.pick(2) == 0;
    for (int s = 0; s < m_.desc(x).rank() - 2; ++s) {
      a.at.kernel[s] = wide ? 3 : 1;
      a.at.pad_begin[s] = a.at.pad_end[s] = wide ? 1 : 0;
      a.at.stride[s] = 1 + m_.pick(2);
    }
    index const channels = m_.desc(x).rank() > 1 ? m_.desc(x)[1] : 1;
    a.out = extent();
    a.bias = m_.pick(2) == 0;
    if (m_.pick(3) == 0) a.out = a.groups = channels;
    keep(m_.layer(a, x));
  }
  void permute(int x) {
    dsi::transpose_attributes a;
    for (int d = 0; d < m_.desc(x).rank(); ++d) a.perm.push_back(d);
    if (m_.desc(x).rank() == 4 && m_.pick(2) == 0) a.perm = m_.pick(2) == 0 ? dsi::shape(0, 2, 3, 1) : dsi::shape(0, 3, 1, 2);
    else for (int d = a.perm.rank - 1; d > 0; --d) std::swap(a.perm[d], a.perm[m_.pick(d + 1)]);
    unary(a, x);
  }
  void reshape(int x) {
    dsi::shape const& s = m_.desc(x).extents;
    if (s.rank == 0) return;
    dsi::reshape_attributes a;
    switch (m_.pick(3)) {
      case 0: a.to = dsi::shape(s[0], s.size() / (s[0] > 0 ? s[0] : 1)); break;
      case 1: a.to = dsi::shape(1, 1, s.size()); break;
      default: a.to = s; a.to.push_back(1); break;
    }
    if (a.to.rank <= 5) unary(a, x);
  }
  void cut(int x) {
    dsi::slice_attributes a;
    for (int d = 0; d < m_.desc(x).rank(); ++d) {
      index const n = m_.desc(x)[d], first = m_.pick(static_cast<int>(n));
      a.start.push_back(first);
      a.step.push_back(1);
      a.size.push_back(1 + m_.pick(static_cast<int>(n - first)));
    }
    unary(a, x);
  }
  void part(int x) {
    if (m_.desc(x).rank() < 2 || m_.desc(x)[1] < 2) return;
    index const first = 1 + m_.pick(static_cast<int>(m_.desc(x)[1] - 1));
    dsi::split_attributes a;
    a.axis = 1;
    a.size = dsi::shape(first, m_.desc(x)[1] - first);
    unary(a, x);
  }
  void pool(int x) {
    dsi::max_pool_attributes a;
    for (int s = 0; s < m_.desc(x).rank() - 2 && s < 3; ++s) a.at.kernel[s] = 1 + m_.pick(2);
    unary(a, x);
  }

  void grow() {
    int const x = any();
    switch (m_.pick(18)) {
      case 0: case 1: case 2: if (m_.desc(x).rank() >= 3) convolve(x); break;
      case 3: case 4: if (m_.desc(x).rank() >= 2) keep(m_.layer(dsi::batch_norm_attributes{}, x)); break;
      case 5: unary(dsi::relu{}, x); break;
      case 6: unary(dsi::sigmoid{}, x); break;
      case 7: keep(m_.add(dsi::add{}, {x, partner(x)})); break;
      case 8: keep(m_.add(dsi::mul{}, {x, partner(x)})); break;
      case 9: keep(m_.add(dsi::sub{}, {partner(x), x})); break;
      case 10: keep(m_.add(dsi::concat_attributes{1}, {x, partner(x)})); break;
      case 11: reshape(x); break;
      case 12: permute(x); break;
      case 13: if (m_.desc(x).rank() >= 1) keep(m_.layer(dsi::dense_attributes{.out = extent(), .bias = m_.pick(2) == 0}, x)); break;
      case 14: cut(x); break;
      case 15: part(x); break;
      case 16: if (m_.desc(x).rank() >= 3) m_.pick(2) == 0 ? pool(x) : unary(dsi::global_average_pool{}, x); break;
      default: if (m_.desc(x).rank() >= 1) unary(dsi::softmax_attributes{-1}, x); break;
    }
  }
  void choose_outputs() {
    m_.output(pool_.back());
    for (int i = m_.pick(3); i > 0; --i) m_.output(any());
    if (m_.pick(6) == 0) m_.output(m_.constant(image()));
    if (m_.pick(6) == 0) m_.output(m_.graph.inputs[0]);
  }

  network_maker m_;
  std::vector<int> pool_;
};

}  // namespace planning
