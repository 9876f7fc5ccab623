// SPDX-License-Identifier: MIT
// ONNX Attention: the fused operator behind whatever makes its keys, values and mask.
#pragma once

#include <cmath>

#include <dsi/backend/reference/attention.hpp>
#include <dsi/backend/reference/concat.hpp>
#include <dsi/backend/reference/expand.hpp>
#include <dsi/backend/reference/matmul.hpp>
#include <dsi/backend/reference/pad.hpp>
#include <dsi/backend/reference/softmax.hpp>
#include <dsi/backend/reference/transpose.hpp>
#include <dsi/import/bind/table.hpp>
#include <dsi/op/add.hpp>
#include <dsi/op/attention.hpp>
#include <dsi/op/cast.hpp>
#include <dsi/op/comparison.hpp>
#include <dsi/op/concat.hpp>
#include <dsi/op/expand.hpp>
#include <dsi/op/matmul.hpp>
#include <dsi/op/mul.hpp>
#include <dsi/op/pad.hpp>
#include <dsi/op/reduce_max.hpp>
#include <dsi/op/reshape.hpp>
#include <dsi/op/softmax.hpp>
#include <dsi/op/tanh.hpp>
#include <dsi/op/transpose.hpp>
#include <dsi/op/where.hpp>

namespace DSI_NAMESPACE::import::detail {

/// Translates one Attention node.
class attention_node {
 public:
  explicit attention_node(binding& b) : b_(b), type_(b.desc(0).type) {}

  void translate() {
    if (!read_inputs()) return;
    read_attributes();
    if (b_.refused()) return;
    add_past();
    make_mask();
    finish_attention();
    if (b_.wants_output(3)) b_.finish(3, scores());
  }

 private:
  static float infinity() { return std::numeric_limits<float>::infinity(); }

  bool read_inputs() {
    int const rank = b_.rank(0);
    if ((rank != 3 && rank != 4) || b_.rank(1) != rank || b_.rank(2) != rank) return refuse("its query, key and value must all have rank 3 or all rank 4", "reshape them");
    if (b_.has(4) != b_.has(5)) return refuse("has only one of past_key and past_value", "give both or neither");
    if (b_.has(6) && b_.has(4)) return refuse("has past_key and nonpad_kv_seqlen", "give one of them");
    query_ = b_.input(0);
    key_ = b_.cast_to(b_.input(1), type_);
    value_ = b_.cast_to(b_.input(2), type_);
    index const heads = b_.integer("q_num_heads", 0), key_heads = b_.integer("kv_num_heads", 0);
    if (rank == 3 && (heads < 1 || key_heads < 1)) return refuse("its inputs have rank 3 and q_num_heads or kv_num_heads is missing", "give both attributes");
    op_.heads = rank == 3 ? heads : b_.desc(0)[1];
    op_.key_heads = rank == 3 ? key_heads : b_.desc(1)[1];
    op_.merged = rank == 3;
    if (op_.heads < 1 || op_.key_heads < 1 || op_.heads % op_.key_heads != 0 || (rank == 3 && (b_.desc(0)[2] % heads != 0 || b_.desc(1)[2] % key_heads != 0 || b_.desc(2)[2] % key_heads != 0)))
      return refuse("its " + std::to_string(op_.heads) + " query heads and " + std::to_string(op_.key_heads) + " key heads do not divide one another or the features",
                    "correct q_num_heads and kv_num_heads");
    return !b_.refused();
  }

  void read_attributes() {
    double const features = static_cast<double>(op_.query(b_.desc(0)).columns);
    float const scale = b_.has_attribute("scale") ? b_.real("scale", 1) : static_cast<float>(1 / std::sqrt(features));
    op_.scale = bits_of(scale);
    op_.softcap = bits_of(b_.real("softcap", 0));
    op_.none = unanswered::zero;
    op_.left = window("left_window_size");
    op_.right = window("right_window_size");
    if (b_.integer("is_causal", 0) != 0) op_.right = 0;
    index const precision = b_.integer("softmax_precision", 0);  // half and bfloat16 are computed in float in any case
    if (precision != 0 && precision != 1 && precision != 10 && precision != 11 && precision != 16)
      refuse("softmax_precision is " + std::to_string(precision), "use 1 (float), 10 (float16), 11 (double) or 16 (bfloat16)");
    computed_ = precision == 11 ? dtype::f64 : type_;
    index const mode = b_.integer("qk_matmul_output_mode", 0);
    if (mode < 0 || mode > 3) refuse("qk_matmul_output_mode is " + std::to_string(mode), "use 0 to 3");
  }
  /// A window's side; -1 for none, also where it holds every key of any tensor.
  index window(std::string_view name) {
    index const n = b_.integer(name, -1);
    if (n < -1) refuse(std::string(name) + " is " + std::to_string(n), "use -1 or a number of keys");
    return n > (index{1} << 40) ? -1 : n;
  }

  /// [B, rows, heads columns] as [B, heads, rows, columns]; a tensor of rank 4 as it is.
  int apart(int v, index heads) {
    tensor_desc const d = b_.desc_of(v);
    if (d.rank() != 3) return v;
    return b_.emit(transpose_attributes{shape(0, 2, 1, 3)}, {b_.emit(reshape_attributes{shape(d[0], d[1], heads, d[2] / heads)}, {v})});
  }
  void add_past() {
    if (b_.has(4)) {
      if (b_.rank(4) != 4) return b_.refuse("past_key must have rank 4, not " + std::to_string(b_.rank(4)), "reshape it to [batch, heads, length, features]");
      op_.offset = b_.desc(4)[2];
      key_ = b_.emit(concat_attributes{2}, {b_.cast_to(b_.input(4), type_), apart(key_, op_.key_heads)});
      value_ = b_.emit(concat_attributes{2}, {b_.cast_to(b_.input(5), type_), apart(value_, op_.key_heads)});
    }
    if (b_.wants_output(1)) b_.finish(1, apart(key_, op_.key_heads));
    if (b_.wants_output(2)) b_.finish(2, b_.cast_to(apart(value_, op_.key_heads), b_.desc(2).type));
  }

  /// 0 where a condition holds, else -inf.
  int bias_where(int condition) { return b_.emit(where{}, {condition, b_.scalar(type_, 0.f), b_.scalar(type_, -infinity())}); }
  void add_to_mask(int v) { mask_ = mask_ < 0 ? v : b_.emit(add{}, {mask_, v}); }

  void make_mask() {
    if (b_.refused()) return;
    queries_ = op_.query(b_.desc(0)).rows;
    keys_ = op_.key(b_.desc_of(key_)).rows;
    if (b_.has(3)) add_given_mask();
    if (b_.has(6)) add_lengths();
    op_.mask = mask_ >= 0;
  }
  void add_given_mask() {
    tensor_desc const d = b_.desc(3);
    if (d.rank() < 1 || d.rank() > 4) return b_.refuse("its mask has rank " + std::to_string(d.rank()), "use rank 1 to 4");
    int m = d.type == dtype::boolean ? bias_where(b_.input(3)) : b_.cast_to(b_.input(3), type_);
    shape to;
    for (int i = d.rank(); i < 4; ++i) to.push_back(1);
    for (int i = 0; i < d.rank(); ++i) to.push_back(d[i]);
    if (d.rank() < 4) m = b_.emit(reshape_attributes{to}, {m});
    // A mask that is too short hides the keys behind it.
    if (to[3] < keys_) {
      pad_attributes p;
      p.before = shape(0, 0, 0, 0);
      p.after = shape(0, 0, 0, keys_ - to[3]);
      p.value = bits_of(-infinity());
      m = b_.emit(p, {m});
    }
    add_to_mask(m);
  }
  /// nonpad_kv_seqlen: every sequence has its own number of keys, and a window ends at the last of them.
  void add_lengths() {
    tensor_desc const d = b_.desc(6);
    index const batch = b_.desc(0)[0];
    if (d.rank() != 1 || d[0] != batch || is_floating(d.type))
      return b_.refuse("nonpad_kv_seqlen must be one integer for each of the " + std::to_string(batch) + " sequences", "correct its type and shape");
    if (!b_.may_make(dtype::i64, {queries_, keys_})) return;
    int const lengths = b_.emit(reshape_attributes{shape(batch, 1, 1, 1)}, {b_.cast_to(b_.input(6), dtype::i64)});
    std::vector<std::int64_t> number(static_cast<std::size_t>(keys_));
    for (index j = 0; j < keys_; ++j) number[static_cast<std::size_t>(j)] = j;
    int const key_numbers = b_.constant(make_tensor<std::int64_t>({}, {1, 1, 1, keys_}, number));
    add_to_mask(bias_where(b_.emit(less{}, {key_numbers, lengths})));
    if (op_.left < 0 && op_.right < 0) return;
    // Query i stands at i + length - queries: length + (i - queries - j) lies between -right and left.
    std::vector<std::int64_t> distance;
    for (index i = 0; i < queries_; ++i)
      for (index j = 0; j < keys_; ++j) distance.push_back(i - queries_ - j);
    int const ahead = b_.emit(add{}, {lengths, b_.constant(make_tensor<std::int64_t>({}, {1, 1, queries_, keys_}, distance))});
    if (op_.right >= 0) add_to_mask(bias_where(b_.emit(greater_or_equal{}, {ahead, b_.scalar(dtype::i64, -op_.right)})));
    if (op_.left >= 0) add_to_mask(bias_where(b_.emit(less_or_equal{}, {ahead, b_.scalar(dtype::i64, op_.left)})));
    op_.left = op_.right = -1;
  }

  void finish_attention() {
    std::vector<int> in{query_, key_, value_};
    if (op_.mask) in.push_back(mask_);
    for (int& v : in) v = b_.cast_to(v, computed_);
    b_.finish(0, b_.cast_to(b_.emit(op_, in), type_));
  }

  /// The scores as an output of their own, after the step that qk_matmul_output_mode names: computed beside the fused operator.
  int scores() {
    index const mode = b_.integer("qk_matmul_output_mode", 0);
    int k = apart(key_, op_.key_heads);
    tensor_desc const d = b_.desc_of(k);
    if (op_.heads != op_.key_heads && !b_.refused()) {
      index const group = op_.heads / op_.key_heads;
      k = b_.emit(reshape_attributes{shape(d[0], d[1], 1, d[2], d[3])}, {k});
      k = b_.emit(expand_attributes{shape(d[0], d[1], group, d[2], d[3])}, {k});
      k = b_.emit(reshape_attributes{shape(d[0], op_.heads, d[2], d[3])}, {k});
    }
    matmul_attributes product;
    product.trans_b = true;
    product.alpha = op_.scale;
    int s = b_.emit(product, {apart(query_, op_.heads), k});
    if (mode == 0) return s;
    if (float const cap = op_.softcap.value(); cap > 0)
      s = b_.emit(mul{}, {b_.emit(tanh{}, {b_.emit(mul{}, {s, b_.scalar(type_, 1 / cap)})}), b_.scalar(type_, cap)});
    if (mode == 1) return s;
    if (op_.mask) s = b_.emit(add{}, {s, mask_});
    int const window = window_bias();
    if (window >= 0) s = b_.emit(add{}, {s, window});
    if (mode == 2) return s;
    // Rows of nothing but -inf are zeros.
    reduce_max_attributes along_keys;
    along_keys.axes = axis_bit(3);
    int const nothing = b_.emit(equal{}, {b_.emit(along_keys, {s}), b_.scalar(type_, -infinity())});
    return b_.emit(where{}, {nothing, b_.scalar(type_, 0.f), b_.emit(softmax_attributes{-1}, {s})});
  }
  /// The window as a mask; -1 when there is none.
  int window_bias() {
    if (op_.left < 0 && op_.right < 0) return -1;
    if (!b_.may_make(type_, {queries_, keys_})) return -1;
    onnx_tensor t = blank(dtype::f32, {queries_, keys_});
    for (index i = 0; i < queries_; ++i) {
      auto const seen = op_.visible(i, keys_);
      for (index j = 0; j < keys_; ++j) {
        float const v = j >= seen.first && j < seen.last ? 0 : -infinity();
        std::memcpy(t.bytes.data() + static_cast<std::size_t>(i * keys_ + j) * sizeof(float), &v, sizeof v);
      }
    }
    return b_.constant(converted(t, type_));
  }

  bool refuse(std::string what, std::string remedy) {
    b_.refuse(std::move(what), std::move(remedy));
    return false;
  }

  binding& b_;
  dtype type_;
  dtype computed_ = dtype::f32;
  attention_attributes op_;
  int query_ = -1, key_ = -1, value_ = -1, mask_ = -1;
  index queries_ = 0, keys_ = 0;
};
inline void bind_attention(binding& b) { attention_node(b).translate(); }

inline void add_attention(onnx_table& table) {
  table["Attention"] = {&bind_attention, 3, 7,
                        "is_causal kv_num_heads left_window_size q_num_heads qk_matmul_output_mode right_window_size scale softcap softmax_precision"};
}

}  // namespace DSI_NAMESPACE::import::detail
