// SPDX-License-Identifier: MIT
// ONNX Einsum: sums over one operand, then matrix products of two at a time, with transposes and reshapes around them.
#pragma once

#include <algorithm>
#include <cctype>

#include <dsi/backend/reference/matmul.hpp>
#include <dsi/import/bind/table.hpp>
#include <dsi/op/expand.hpp>
#include <dsi/op/matmul.hpp>
#include <dsi/op/mul.hpp>
#include <dsi/op/reduce_sum.hpp>
#include <dsi/op/reshape.hpp>
#include <dsi/op/slice.hpp>
#include <dsi/op/transpose.hpp>

namespace DSI_NAMESPACE::import::detail {

/// Translates one equation.
class einsum {
 public:
  explicit einsum(binding& b) : b_(b) {}

  void run() {
    std::string equation = b_.text("equation", "");
    std::erase_if(equation, [](char c) { return c == ' '; });
    std::size_t const arrow = equation.find("->");
    std::vector<std::string> terms(1);
    for (char c : equation.substr(0, arrow)) {
      if (c == ',') terms.emplace_back();
      else terms.back() += c;
    }
    if (static_cast<int>(terms.size()) != b_.input_count()) return refuse("names " + std::to_string(terms.size()) + " operands and the node has " + std::to_string(b_.input_count()));
    std::vector<factor> factors;
    for (int i = 0; i < b_.input_count(); ++i) {
      factor f{b_.input(i), read(terms[static_cast<std::size_t>(i)], b_.rank(i))};
      if (b_.refused()) return;
      factors.push_back(diagonal(std::move(f)));
    }
    labels const result = arrow == std::string::npos ? implied(terms) : read(equation.substr(arrow + 2), -1);
    if (b_.refused() || !extents_agree(factors)) return;
    for (int l : result)
      if (!extents_.contains(l) || std::count(result.begin(), result.end(), l) > 1) return refuse("its result has a label that is in no operand, or one twice");
    factor y = factors[0];
    for (std::size_t i = 1; i <= factors.size() && !b_.refused(); ++i) {
      labels needed = result;
      for (std::size_t k = i; k < factors.size(); ++k) needed.insert(needed.end(), factors[k].of.begin(), factors[k].of.end());
      y = summed(y, needed);
      if (i == factors.size()) break;
      labels after = result;
      for (std::size_t k = i + 1; k < factors.size(); ++k) after.insert(after.end(), factors[k].of.begin(), factors[k].of.end());
      labels for_other = after;
      for_other.insert(for_other.end(), y.of.begin(), y.of.end());
      y = product(y, summed(factors[i], for_other), after);
    }
    b_.finish(ordered(y, result));
  }

 private:
  using labels = std::vector<int>;
  struct factor {
    int value;
    labels of;  ///< a label for each dimension
  };
  static constexpr int ellipsis = 256;  ///< dimensions of "..." are labelled from the right, from here on
  static bool has(labels const& l, int x) { return std::find(l.begin(), l.end(), x) != l.end(); }
  void refuse(std::string const& what) { b_.refuse("equation " + in_quotes(b_.text("equation", "")) + " " + what, "correct the equation, or write it with MatMul, Mul and ReduceSum"); }

  /// rank -1: a result, whose "..." is what the operands' is.
  labels read(std::string const& term, int rank) {
    std::size_t const dots = term.find("...");
    int const letters = static_cast<int>(term.size()) - (dots == std::string::npos ? 0 : 3);
    int const more = rank < 0 ? widest_ : rank - letters;
    if (more < 0 || (dots == std::string::npos && rank >= 0 && more != 0)) refuse("has " + std::to_string(letters) + " labels for an operand of rank " + std::to_string(rank));
    labels l;
    for (std::size_t i = 0; i < term.size() && !b_.refused(); ++i) {
      if (i == dots) {
        for (int k = more; k-- > 0;) l.push_back(ellipsis + k);
        i += 2;
      } else if (std::isalpha(static_cast<unsigned char>(term[i])) != 0) {
        l.push_back(static_cast<unsigned char>(term[i]));
      } else {
        refuse("holds a character that is no label");
      }
    }
    if (dots != std::string::npos) widest_ = std::max(widest_, more);
    return l;
  }
  /// Without an arrow: what "..." stands for, then the labels that occur once, in alphabetical order.
  labels implied(std::vector<std::string> const& terms) const {
    int count[ellipsis]{};
    for (std::string const& t : terms)
      for (char c : t) ++count[static_cast<unsigned char>(c)];
    labels l;
    for (int k = widest_; k-- > 0;) l.push_back(ellipsis + k);
    for (int c = 0; c < ellipsis; ++c)
      if (count[c] == 1 && c != '.') l.push_back(c);
    return l;
  }

  /// Every label has one extent; what "..." stands for may be 1 in some operands.
  bool extents_agree(std::vector<factor> const& factors) {
    for (factor const& f : factors)
      for (std::size_t d = 0; d < f.of.size(); ++d) {
        index const n = b_.desc_of(f.value)[static_cast<int>(d)];
        auto const [at, is_new] = extents_.try_emplace(f.of[d], n);
        if (is_new || at->second == n || (f.of[d] >= ellipsis && n == 1)) continue;
        if (f.of[d] < ellipsis || at->second != 1) return refuse("gives one label the extents " + std::to_string(at->second) + " and " + std::to_string(n)), false;
        at->second = n;
      }
    return true;
  }

  factor transposed_to(factor const& f, labels const& order) {
    transpose_attributes t;
    bool moved = false;
    for (int l : order) {
      auto const at = static_cast<index>(std::find(f.of.begin(), f.of.end(), l) - f.of.begin());
      moved = moved || at != t.perm.rank;
      t.perm.push_back(at);
    }
    return {moved ? b_.emit(t, {f.value}) : f.value, order};
  }
  int reshaped(int value, shape const& s) { return !b_.refused() && b_.desc_of(value).extents == s ? value : b_.emit(reshape_attributes{s}, {value}); }

  /// A label that an operand has twice: its two dimensions become their diagonal.
  factor diagonal(factor f) {
    for (std::size_t i = 0; i < f.of.size() && !b_.refused(); ++i) {
      auto const other = std::find(f.of.begin() + static_cast<std::ptrdiff_t>(i) + 1, f.of.end(), f.of[i]);
      if (other == f.of.end()) continue;
      auto const k = static_cast<int>(other - f.of.begin());
      index const n = b_.desc_of(f.value)[k];
      if (b_.desc_of(f.value)[static_cast<int>(i)] != n) return refuse("takes the diagonal of extents that differ"), f;
      // Behind the other dimensions, as one of n * n elements, of which each (n + 1)th is on the diagonal.
      transpose_attributes t;
      labels rest;
      shape flat;
      for (int d = 0; d < static_cast<int>(f.of.size()); ++d) {
        if (d == static_cast<int>(i) || d == k) continue;
        t.perm.push_back(d);
        flat.push_back(b_.desc_of(f.value)[d]);
        rest.push_back(f.of[static_cast<std::size_t>(d)]);
      }
      t.perm.push_back(static_cast<index>(i));
      t.perm.push_back(k);
      flat.push_back(checked_product(n, n));
      slice_attributes s;
      for (int d = 0; d < flat.rank; ++d) {
        bool const last = d == flat.rank - 1;
        s.start.push_back(0);
        s.step.push_back(last ? n + 1 : 1);
        s.size.push_back(last ? n : flat[d]);
      }
      rest.push_back(f.of[i]);
      f = {b_.emit(s, {reshaped(b_.emit(t, {f.value}), flat)}), rest};
      i = static_cast<std::size_t>(-1);  // from the first dimension again
    }
    return f;
  }

  /// Sums over the labels that nobody needs any more.
  factor summed(factor const& f, labels const& needed) {
    reduce_sum_attributes a;
    a.keepdims = false;
    labels left;
    for (std::size_t d = 0; d < f.of.size(); ++d) {
      if (has(needed, f.of[d])) left.push_back(f.of[d]);
      else a.axes |= axis_bit(static_cast<index>(d));
    }
    return left.size() == f.of.size() ? f : factor{b_.emit(a, {f.value}), left};
  }

  index extent_in(factor const& f, int label) const { return b_.desc_of(f.value)[static_cast<int>(std::find(f.of.begin(), f.of.end(), label) - f.of.begin())]; }
  /// With what "..." stands for written out where it is 1 here and not in the other operand.
  factor widened(factor const& f, factor const& other) {
    expand_attributes e;
    for (int l : f.of) e.to.push_back(has(other.of, l) ? extents_.at(l) : extent_in(f, l));
    return b_.refused() || e.to == b_.desc_of(f.value).extents ? f : factor{b_.emit(e, {f.value}), f.of};
  }
  index size_of_labels(factor const& f, labels const& l) const {
    index n = 1;
    for (int x : l) n = checked_product(n, extent_in(f, x));
    return n;
  }

  factor product(factor x, factor y, labels const& after) {
    if (b_.refused()) return x;
    x = widened(x, y);
    y = widened(y, x);
    if (b_.refused()) return x;
    labels batch, rows, columns, inner;
    for (int l : x.of) (!has(y.of, l) ? rows : has(after, l) ? batch : inner).push_back(l);
    for (int l : y.of)
      if (!has(x.of, l)) columns.push_back(l);
    auto const joined = [](labels a, labels const& b, labels const& c) {
      a.insert(a.end(), b.begin(), b.end());
      a.insert(a.end(), c.begin(), c.end());
      return a;
    };
    index const n = size_of_labels(x, batch), m = size_of_labels(x, rows), k = size_of_labels(x, inner), p = size_of_labels(y, columns);
    factor const left = transposed_to(x, joined(batch, rows, inner)), right = transposed_to(y, joined(batch, inner, columns));
    shape result;
    for (int l : joined(batch, rows, {})) result.push_back(extent_in(x, l));
    for (int l : columns) result.push_back(extent_in(y, l));
    int value;
    if (inner.empty()) value = b_.emit(mul{}, {reshaped(left.value, shape(n, m, 1)), reshaped(right.value, shape(n, 1, p))});
    else if (batch.empty()) value = b_.emit(matmul_attributes{}, {reshaped(left.value, shape(m, k)), reshaped(right.value, shape(k, p))});
    else value = b_.emit(matmul_attributes{}, {reshaped(left.value, shape(n, m, k)), reshaped(right.value, shape(n, k, p))});
    return {reshaped(value, result), joined(batch, rows, columns)};
  }

  int ordered(factor const& f, labels const& result) {
    if (b_.refused()) return -1;
    return transposed_to(f, result).value;
  }

  binding& b_;
  int widest_ = 0;  ///< dimensions of the longest "..."
  std::map<int, index> extents_;
};

inline void bind_einsum(binding& b) { einsum(b).run(); }

inline void add_einsum(onnx_table& table) { table["Einsum"] = {&bind_einsum, 1, any_number, "equation"}; }

}  // namespace DSI_NAMESPACE::import::detail
