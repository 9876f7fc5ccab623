// SPDX-License-Identifier: MIT
// softmax(q k^T * scale + mask) v, as exporters write attention, becomes one operator, together with the transposes around it.
#pragma once

#include <dsi/backend/reference/attention.hpp>
#include <dsi/import/rewrite/strided_view.hpp>
#include <dsi/op/attention.hpp>
#include <dsi/op/is_nan.hpp>
#include <dsi/op/matmul.hpp>
#include <dsi/op/softmax.hpp>
#include <dsi/op/where.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

/// Tries to read value v, a product of probabilities and values, as attention.
class attention_match {
 public:
  attention_match(import_graph& g, int v) : g_(g), readers_(g), y_(v) {}

  bool match() {
    auto const* product = made_by<matmul_attributes>(g_, y_);
    if (product == nullptr) return false;
    auto const outer = *as_operator<matmul_attributes>(product->op);
    if (outer.trans_a || outer.alpha.value() != 1.f) return false;
    like_ = *product;
    values_ = product->inputs[1];
    if (!read_probabilities(product->inputs[0]) || !read_scores()) return false;
    auto const* inner = made_by<matmul_attributes>(g_, scores_);
    auto const attributes = *as_operator<matmul_attributes>(inner->op);
    factor_ *= static_cast<double>(attributes.alpha.value());
    std::vector<int> const in = inner->inputs;  // new nodes move the old ones
    return read_extents(in[0], in[1], attributes.trans_a) && read_operands(in, attributes, outer) && emit();
  }

 private:
  static constexpr int most_steps = 6;

  /// softmax, or zeros where it is NaN. What somebody else reads must be computed anyhow, so that nothing is gained.
  bool read_probabilities(int p) {
    if (readers_.count(p) != 1) return false;
    if (auto const* choice = made_by<where>(g_, p)) {
      auto const* test = made_by<is_nan>(g_, choice->inputs[0]);
      auto const zero = constant_scalar(g_, choice->inputs[1]);
      if (test == nullptr || test->inputs[0] != choice->inputs[2] || !zero || *zero != 0 || readers_.count(choice->inputs[0]) != 1) return false;
      p = choice->inputs[2];
      if (readers_.count(p) != 2) return false;
      op_.none = unanswered::zero_for_nan;
    }
    auto const* soft = made_by<softmax_attributes>(g_, p);
    if (soft == nullptr) return false;
    int const axis = as_operator<softmax_attributes>(soft->op)->axis, rank = g_.value(p).desc.rank();
    scores_ = soft->inputs[0];
    return rank >= 2 && (axis == -1 || axis == rank - 1);
  }
  /// Masks and numbers between the product and softmax. What is added before a factor would be multiplied by it: no mask then.
  bool read_scores() {
    while (made_by<matmul_attributes>(g_, scores_) == nullptr) {
      if (readers_.count(scores_) != 1) return false;
      if (auto const s = scaled<mul, div>(g_, scores_)) {
        factor_ *= s->factor;
        scores_ = s->x;
      } else if (auto const* n = made_by<add>(g_, scores_); n != nullptr && factor_ == 1) {
        std::size_t const side = leads_to_product(n->inputs[0], 0) ? 0 : 1;
        if (g_.value(n->inputs[side]).desc.extents != g_.value(scores_).desc.extents) return false;
        masks_.push_back(n->inputs[1 - side]);
        scores_ = n->inputs[side];
      } else {
        return false;
      }
    }
    return readers_.count(scores_) == 1;
  }
  /// A few additions and factors away from a product.
  bool leads_to_product(int v, int steps) const {
    if (made_by<matmul_attributes>(g_, v) != nullptr) return true;
    if (steps == most_steps) return false;
    if (auto const s = scaled<mul, div>(g_, v)) return leads_to_product(s->x, steps + 1);
    auto const* n = made_by<add>(g_, v);
    return n != nullptr && (leads_to_product(n->inputs[0], steps + 1) || leads_to_product(n->inputs[1], steps + 1));
  }

  bool read_extents(int q, int k, bool q_turned) {
    tensor_desc const dq = g_.value(q).desc, dk = g_.value(k).desc, dv = g_.value(values_).desc, dy = g_.value(y_).desc, ds = g_.value(scores_).desc;
    int const rank = dy.rank();
    if (rank < 2 || rank > 4 || dq.rank() != rank || dk.rank() != rank || dv.rank() != rank || dy.size() == 0 || ds.size() == 0) return false;
    for (int d = 0; d < rank - 2; ++d)
      if (dq[d] != dy[d] || dk[d] != dy[d] || dv[d] != dy[d]) return false;
    queries_ = ds[rank - 2];
    keys_ = ds[rank - 1];
    features_ = dq[q_turned ? rank - 2 : rank - 1];
    columns_ = dy[rank - 1];
    // Vector kernels keep a block of queries and of results on the stack.
    if (features_ == 0 || features_ > 512 || columns_ > 512) return false;
    batch_ = rank == 4 ? dy[0] : 1;
    op_.heads = rank == 4 ? dy[1] : rank == 3 ? dy[0] : 1;
    if (rank == 3) divide_batch(q);
    return true;
  }
  /// [batch * heads, ...]: batches and heads are apart where the query was made.
  void divide_batch(int q) {
    for (strided_view view(g_, q);;) {
      axis_parts const& first = view.dims[0];
      if (first.size() == 2 && first[0].extent * first[1].extent == op_.heads) {
        batch_ = first[0].extent;
        op_.heads = first[1].extent;
        break;
      }
      if (!view.step_back(g_)) break;
    }
  }

  /// Where an operand lies so that attention can read it.
  struct operand {
    int base = -1;
    bool merged = false;  ///< [batch, rows, heads * columns]
    index heads = 1;
    double factor = 1;
  };
  /// v as a stack of matrices with `rows` rows; turned: the last two dimensions are swapped. `shared`: heads may share memory;
  /// `factors`: a number that all is multiplied by may be left to the scale.
  operand find(int v, bool turned, index rows, index columns, bool shared, bool factors) const {
    operand best;
    for (strided_view view(g_, v); factors || view.factor == 1;) {
      index const group = shared ? repeated(view) : 1;
      for (bool merged : {false, true})
        if (matches(view, turned, merged, group, rows, columns)) best = {view.base, merged, op_.heads / group, view.factor};
      if (!view.step_back(g_)) break;
    }
    return best;
  }
  /// How often each head stands side by side.
  index repeated(strided_view const& view) const {
    std::size_t const leading = view.dims.size() - 2;
    if (leading == 0 || view.dims[leading - 1].empty() || view.dims[leading - 1].back().stride != 0) return 1;
    index const n = view.dims[leading - 1].back().extent;
    return op_.heads % n == 0 ? n : 1;
  }
  bool matches(strided_view const& view, bool turned, bool merged, index group, index rows, index columns) const {
    std::size_t const rank = view.dims.size();
    axis_parts outer;
    for (std::size_t d = 0; d + 2 < rank; ++d)
      for (axis_part const& p : view.dims[d]) outer.push_back(p);
    axis_parts down = view.dims[rank - (turned ? 1 : 2)], across = view.dims[rank - (turned ? 2 : 1)];
    index const heads = op_.heads / group;
    if (g_.value(view.base).desc.size() != batch_ * heads * rows * columns) return false;
    auto const takes = [](axis_parts& parts, index extent, index stride) { return extent == 1 || take_inner(parts, extent) == stride; };
    return takes(outer, group, 0) && takes(outer, heads, merged ? columns : rows * columns) && takes(outer, batch_, heads * rows * columns) && outer.empty() &&
           takes(down, rows, merged ? heads * columns : columns) && down.empty() && takes(across, columns, 1) && across.empty();
  }

  bool read_operands(std::vector<int> const& in, matmul_attributes const& inner, matmul_attributes const& outer) {
    q_ = find(in[0], inner.trans_a, queries_, features_, false, true);
    k_ = find(in[1], !inner.trans_b, keys_, features_, true, true);
    v_ = find(values_, outer.trans_b, keys_, columns_, true, false);
    // Keys and values have the same number of heads; what does not fit is taken as it stands in front of the product.
    if (k_.base < 0 || v_.base < 0 || k_.heads != v_.heads) {
      k_ = find(in[1], !inner.trans_b, keys_, features_, false, true);
      v_ = find(values_, outer.trans_b, keys_, columns_, false, false);
    }
    factor_ *= q_.factor * k_.factor;
    if (!std::isfinite(factor_)) return false;
    turn(q_, in[0], inner.trans_a);
    turn(k_, in[1], !inner.trans_b);
    turn(v_, values_, outer.trans_b);
    op_.key_heads = k_.heads;
    return true;
  }
  /// An operand that lies as nothing attention can read: the value itself, transposed when it must be.
  void turn(operand& o, int v, bool turned) {
    if (o.base >= 0) return;
    o = {v, false, op_.heads, 1};
    if (!turned) return;
    shape perm;
    int const rank = g_.value(v).desc.rank();
    for (int d = 0; d < rank - 2; ++d) perm.push_back(d);
    perm.push_back(rank - 1);
    perm.push_back(rank - 2);
    o.base = add_node(g_, transpose_attributes{perm}, {v}, like_);
  }

  int shaped(operand const& o, index rows, index columns) {
    return as_shape(g_, o.base, o.merged ? shape(batch_, rows, o.heads * columns) : shape(batch_, o.heads, rows, columns), like_);
  }
  /// A mask with four dimensions that broadcasts to the scores; -1 when it has none.
  int shaped_mask(int m) {
    tensor_desc const d = g_.value(m).desc;
    int const rank = g_.value(scores_).desc.rank();
    if (d.rank() > rank) return -1;
    index const last = d.rank() > 0 ? d[d.rank() - 1] : 1, rows = d.rank() > 1 ? d[d.rank() - 2] : 1;
    if (rank == 4) return as_shape(g_, m, shape(d.rank() == 4 ? d[0] : 1, d.rank() >= 3 ? d[d.rank() - 3] : 1, rows, last), like_);
    bool const whole = d.rank() == 3 && d[0] != 1;
    return as_shape(g_, m, whole ? shape(batch_, op_.heads, rows, last) : shape(1, 1, rows, last), like_);
  }

  bool emit() {
    std::vector<int> in{shaped(q_, queries_, features_), shaped(k_, keys_, features_), shaped(v_, keys_, columns_)};
    int mask = -1;
    for (int m : masks_) {
      int const one = shaped_mask(m);
      if (one < 0) return false;
      mask = mask < 0 ? one : add_node(g_, add{}, {mask, one}, like_);
    }
    if (mask >= 0) in.push_back(mask);
    op_.mask = mask >= 0;
    op_.scale = {std::bit_cast<std::uint32_t>(static_cast<float>(factor_))};
    int const target = merged_result();
    op_.merged = target >= 0;
    int const result = op_.merged ? target : y_;
    tensor_desc const wanted{g_.value(y_).desc.type, layout::row_major,
                             op_.merged ? shape(batch_, queries_, op_.heads * columns_) : shape(batch_, op_.heads, queries_, columns_)};
    if (!fits(g_, op_, in, wanted)) return false;
    if (g_.value(result).desc.extents == wanted.extents) {
      replace(g_, result, op_, in, "attention");
    } else {
      int const y = add_node(g_, op_, in, like_);
      g_.nodes.back().rewritten_from.emplace_back("attention");
      replace(g_, result, reshape_attributes{g_.value(result).desc.extents}, {y}, "attention");
    }
    return true;
  }
  /// The value behind the product, transposed and reshaped alone, whose memory is [batch, query, head, column]; -1 when there is none.
  int merged_result() const {
    int found = -1;
    for (int v = y_;;) {
      import_node const* const next = readers_.only(g_, v);
      if (next == nullptr || (as_operator<transpose_attributes>(next->op) == nullptr && as_operator<reshape_attributes>(next->op) == nullptr)) return found;
      v = next->outputs[0];
      strided_view view(g_, v);
      while (view.base != y_)
        if (!view.step_back(g_)) return found;
      axis_parts all;
      for (axis_parts const& d : view.dims)
        for (axis_part const& p : d) all.push_back(p);
      auto const takes = [&all](index extent, index stride) { return extent == 1 || take_inner(all, extent) == stride; };
      if (takes(columns_, 1) && takes(op_.heads, queries_ * columns_) && takes(queries_, columns_) && takes(batch_, op_.heads * queries_ * columns_)) found = v;
    }
  }

  import_graph& g_;
  readers readers_;
  int y_;
  import_node like_;
  attention_attributes op_;
  int scores_ = -1, values_ = -1;
  std::vector<int> masks_;
  double factor_ = 1;
  index batch_ = 1, queries_ = 0, keys_ = 0, features_ = 0, columns_ = 0;
  operand q_, k_, v_;
};
inline bool match_attention(import_graph& g, int v) {
  auto const* product = made_by<matmul_attributes>(g, v);
  if (product == nullptr || (made_by<softmax_attributes>(g, product->inputs[0]) == nullptr && made_by<where>(g, product->inputs[0]) == nullptr)) return false;
  return attention_match(g, v).match();
}

}  // namespace detail

inline bool rewrite_attention(import_graph& g) { return detail::rewrite_last(g, &detail::match_attention); }

}  // namespace DSI_NAMESPACE::import
