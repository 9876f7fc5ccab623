// SPDX-License-Identifier: MIT
// Constant folding of what has no operator in a compiled network: shapes, indices, integer and boolean arithmetic, and
// data movement of constants of any type.
#pragma once

#include <cmath>
#include <functional>
#include <optional>

#include <dsi/import/import_graph.hpp>
#include <dsi/op/elementwise.hpp>

namespace DSI_NAMESPACE::import {

namespace detail {

using tensor_pointers = std::vector<onnx_tensor const*>;
using folded = std::optional<std::vector<onnx_tensor>>;

inline shape shape_of(onnx_tensor const& t) {
  shape s;
  for (index d : t.dims) s.push_back(d);
  return s;
}
inline index elements_of(std::vector<index> const& dims) {
  index n = 1;
  for (index d : dims) n = checked_product(n, d);
  return n;
}
/// Constants above this size are not folded: shape arithmetic is small.
inline constexpr index fold_limit = index{1} << 28;

inline onnx_tensor blank(dtype type, std::vector<index> dims) {
  onnx_tensor t;
  t.type = type;
  t.dims = std::move(dims);
  index const n = elements_of(t.dims);
  if (n > 0 && n <= fold_limit) t.bytes.resize(static_cast<std::size_t>(n * size_of(type)));
  return t;
}
/// The nearest integer of 64 bits; 0 for NaN.
inline std::int64_t to_integer(double v) {
  constexpr double limit = 9.2e18;
  if (v >= limit) return std::numeric_limits<std::int64_t>::max();
  if (v <= -limit) return std::numeric_limits<std::int64_t>::min();
  return std::isnan(v) ? 0 : static_cast<std::int64_t>(v);
}
inline std::int64_t integer_at(onnx_tensor const& t, index i) {
  return visit_dtype(t.type, [&](auto zero) -> std::int64_t {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) return static_cast<std::int64_t>(t.at<T>(i));
    else if constexpr (sizeof(T) == 2) return to_integer(static_cast<double>(static_cast<float>(t.at<T>(i))));
    else return to_integer(static_cast<double>(t.at<T>(i)));
  });
}
inline double real_at(onnx_tensor const& t, index i) {
  return visit_dtype(t.type, [&](auto zero) -> double {
    using T = decltype(zero);
    if constexpr (sizeof(T) == 2 && !std::is_integral_v<T>) return static_cast<double>(static_cast<float>(t.at<T>(i)));
    else return static_cast<double>(t.at<T>(i));
  });
}
inline void set_integer(onnx_tensor& t, index i, std::int64_t v) {
  visit_dtype(t.type, [&](auto zero) {
    using T = decltype(zero);
    T x{};
    if constexpr (std::is_same_v<T, bool>) x = v != 0;
    else if constexpr (std::is_integral_v<T>) x = static_cast<T>(v);
    else if constexpr (sizeof(T) == 2) x = T(static_cast<float>(v));
    else x = static_cast<T>(v);
    std::memcpy(t.bytes.data() + static_cast<std::size_t>(i) * sizeof x, &x, sizeof x);
  });
}
inline void set_real(onnx_tensor& t, index i, double v) {
  if (!is_floating(t.type)) {
    set_integer(t, i, to_integer(v));
    if (t.type == dtype::boolean) set_integer(t, i, v != 0);
    return;
  }
  visit_dtype(t.type, [&](auto zero) {
    using T = decltype(zero);
    T x{};
    if constexpr (sizeof(T) == 2 && !std::is_integral_v<T>) x = T(static_cast<float>(v));
    else x = static_cast<T>(v);
    std::memcpy(t.bytes.data() + static_cast<std::size_t>(i) * sizeof x, &x, sizeof x);
  });
}
inline std::vector<std::int64_t> integers_of(onnx_tensor const& t) {
  std::vector<std::int64_t> v;
  for (index i = 0; i < t.size(); ++i) v.push_back(integer_at(t, i));
  return v;
}
inline onnx_tensor from_integers(std::vector<std::int64_t> const& v) {
  onnx_tensor t = blank(dtype::i64, {static_cast<index>(v.size())});
  for (std::size_t i = 0; i < v.size(); ++i) set_integer(t, static_cast<index>(i), v[i]);
  return t;
}

/// Copies elements: to[i] = from[source(position of i)].
template <class Source>
onnx_tensor rearranged(onnx_tensor const& from, std::vector<index> dims, Source const& source) {
  onnx_tensor to = blank(from.type, std::move(dims));
  if (to.bytes.empty()) return to;
  auto const bytes = static_cast<std::size_t>(size_of(from.type));
  std::vector<index> p(to.dims.size(), 0);
  for (index i = 0; i < to.size(); ++i) {
    std::memcpy(to.bytes.data() + static_cast<std::size_t>(i) * bytes, from.bytes.data() + static_cast<std::size_t>(source(p)) * bytes, bytes);
    for (std::size_t k = p.size(); k-- > 0;) {
      if (++p[k] < to.dims[k]) break;
      p[k] = 0;
    }
  }
  return to;
}
inline index flat(std::vector<index> const& p, std::vector<index> const& dims) {
  index o = 0;
  for (std::size_t i = 0; i < dims.size(); ++i) o = o * dims[i] + p[i];
  return o;
}
inline index broadcast_flat(std::vector<index> const& p, std::vector<index> const& dims) {
  index o = 0;
  std::size_t const lead = p.size() - dims.size();
  for (std::size_t i = 0; i < dims.size(); ++i) o = o * dims[i] + (dims[i] == 1 ? 0 : p[lead + i]);
  return o;
}
inline std::vector<index> dims_of(shape const& s) { return {s.dim, s.dim + s.rank}; }

/// Elementwise over broadcast inputs, in integers when all are integers, else in double.
inline folded elementwise_fold(std::string_view op, tensor_pointers const& in) {
  auto const is = [&](std::initializer_list<std::string_view> names) { return std::find(names.begin(), names.end(), op) != names.end(); };
  bool const compare = is({"Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "And", "Or", "Xor", "Not"});
  bool const arithmetic = is({"Add", "Sub", "Mul", "Div", "Mod", "Min", "Max", "Neg", "Abs", "Pow", "Floor", "Ceil", "Sign"});
  if (!compare && !arithmetic) return std::nullopt;
  std::vector<index> dims;
  shape s;
  for (std::size_t i = 0; i < in.size(); ++i) {
    s = i == 0 ? shape_of(*in[i]) : broadcast(s, shape_of(*in[i]));
    if (s.rank < 0) return std::nullopt;
  }
  if (s.size() < 0 || s.size() > fold_limit) return std::nullopt;
  bool const real = is_floating(in[0]->type);
  if (real && !compare && in[0]->size() > 64) return std::nullopt;  // left to the reference loops
  dims = dims_of(s);
  onnx_tensor y = blank(compare ? dtype::boolean : in[0]->type, dims);
  std::vector<index> p(dims.size(), 0);
  for (index i = 0; i < y.size(); ++i) {
    if (real) {
      double const a = real_at(*in[0], broadcast_flat(p, in[0]->dims));
      double r = op == "Neg" ? -a : op == "Abs" ? std::fabs(a) : op == "Floor" ? std::floor(a) : op == "Ceil" ? std::ceil(a) : op == "Sign" ? (a > 0) - (a < 0) : a;
      bool c = false;
      for (std::size_t k = 1; k < in.size(); ++k) {
        double const b = real_at(*in[k], broadcast_flat(p, in[k]->dims));
        if (op == "Add") r += b;
        else if (op == "Sub") r -= b;
        else if (op == "Mul") r *= b;
        else if (op == "Div") r /= b;
        else if (op == "Mod") r = std::fmod(r, b);
        else if (op == "Min") r = std::isnan(r) || std::isnan(b) ? std::nan("") : std::fmin(r, b);
        else if (op == "Max") r = std::isnan(r) || std::isnan(b) ? std::nan("") : std::fmax(r, b);
        else if (op == "Pow") r = std::pow(r, b);
        c = op == "Equal" ? a == b : op == "Less" ? a < b : op == "Greater" ? a > b : op == "LessOrEqual" ? a <= b : op == "GreaterOrEqual" ? a >= b : c;
      }
      if (compare) set_integer(y, i, c);
      else set_real(y, i, r);
    } else {
      auto const u = [](std::int64_t v) { return static_cast<std::uint64_t>(v); };  // wraps without undefined behaviour
      std::int64_t const a = integer_at(*in[0], broadcast_flat(p, in[0]->dims));
      std::int64_t r = op == "Neg" ? static_cast<std::int64_t>(0 - u(a)) : op == "Abs" && a < 0 ? static_cast<std::int64_t>(0 - u(a)) : op == "Not" ? a == 0 : op == "Sign" ? (a > 0) - (a < 0) : a;
      for (std::size_t k = 1; k < in.size(); ++k) {
        std::int64_t const b = integer_at(*in[k], broadcast_flat(p, in[k]->dims));
        if (op == "Add") r = static_cast<std::int64_t>(u(r) + u(b));
        else if (op == "Sub") r = static_cast<std::int64_t>(u(r) - u(b));
        else if (op == "Mul") r = static_cast<std::int64_t>(u(r) * u(b));
        else if (op == "Div") r = b == 0 ? 0 : b == -1 ? static_cast<std::int64_t>(0 - u(r)) : r / b;
        else if (op == "Mod") r = b == 0 || b == -1 ? 0 : ((r % b) + b) % b;
        else if (op == "Min") r = std::min(r, b);
        else if (op == "Max") r = std::max(r, b);
        else if (op == "Pow") r = to_integer(std::pow(static_cast<double>(r), static_cast<double>(b)));
        else if (op == "Equal") r = a == b;
        else if (op == "Less") r = a < b;
        else if (op == "Greater") r = a > b;
        else if (op == "LessOrEqual") r = a <= b;
        else if (op == "GreaterOrEqual") r = a >= b;
        else if (op == "And") r = a && b;
        else if (op == "Or") r = a || b;
        else if (op == "Xor") r = (a != 0) != (b != 0);
      }
      set_integer(y, i, r);
    }
    for (std::size_t k = p.size(); k-- > 0;) {
      if (++p[k] < dims[k]) break;
      p[k] = 0;
    }
  }
  return std::vector<onnx_tensor>{y};
}

inline folded reduce_fold(onnx_node const& n, tensor_pointers const& in) {
  onnx_tensor const& x = *in[0];
  if (is_floating(x.type)) return std::nullopt;
  auto const rank = static_cast<std::int64_t>(x.dims.size());
  std::vector<std::int64_t> axes = in.size() > 1 && in[1] ? integers_of(*in[1]) : n.ints_or("axes", {});
  std::vector<bool> reduced(x.dims.size(), axes.empty());
  for (std::int64_t a : axes) {
    if (a < -rank || a >= rank) return std::nullopt;
    reduced[static_cast<std::size_t>(a < 0 ? a + rank : a)] = true;
  }
  bool const keep = n.int_or("keepdims", 1) != 0;
  std::vector<index> kept, dims;
  for (std::size_t i = 0; i < x.dims.size(); ++i) {
    kept.push_back(reduced[i] ? 1 : x.dims[i]);
    if (!reduced[i]) dims.push_back(x.dims[i]);
    else if (keep) dims.push_back(1);
  }
  onnx_tensor y = blank(x.type, dims);
  std::vector<bool> set(static_cast<std::size_t>(y.size()), false);
  std::vector<index> p(x.dims.size(), 0);
  for (index i = 0; i < x.size(); ++i) {
    index const o = broadcast_flat(p, kept);
    std::int64_t const v = integer_at(x, i), old = integer_at(y, o);
    bool const first = !set[static_cast<std::size_t>(o)];
    set[static_cast<std::size_t>(o)] = true;
    if (n.op_type == "ReduceProd") set_integer(y, o, first ? v : static_cast<std::int64_t>(static_cast<std::uint64_t>(old) * static_cast<std::uint64_t>(v)));
    else if (n.op_type == "ReduceSum") set_integer(y, o, first ? v : static_cast<std::int64_t>(static_cast<std::uint64_t>(old) + static_cast<std::uint64_t>(v)));
    else if (n.op_type == "ReduceMax") set_integer(y, o, first ? v : std::max(v, old));
    else if (n.op_type == "ReduceMin") set_integer(y, o, first ? v : std::min(v, old));
    else return std::nullopt;
    for (std::size_t k = p.size(); k-- > 0;) {
      if (++p[k] < x.dims[k]) break;
      p[k] = 0;
    }
  }
  return std::vector<onnx_tensor>{y};
}

/// A slice of one dimension after ONNX's clamping.
struct slice_range {
  index first = 0, count = 0;
};
inline slice_range clamp_slice(std::int64_t start, std::int64_t end, std::int64_t step, index d) {
  if (step == 0 || d == 0) return {};
  auto const wrapped = [d](std::int64_t v) { return v < 0 ? (v < -d ? -1 - d : v) + d : v; };
  if (step > 0) {
    index const s = std::clamp<std::int64_t>(wrapped(start), 0, d), e = std::clamp<std::int64_t>(wrapped(end), 0, d);
    return {s, e > s ? (e - s - 1) / step + 1 : 0};
  }
  index const s = std::clamp<std::int64_t>(wrapped(start), 0, d - 1), e = std::clamp<std::int64_t>(wrapped(end), -1, d - 1);
  index const back = step == std::numeric_limits<std::int64_t>::min() ? std::numeric_limits<std::int64_t>::max() : -step;
  return {s, s > e ? (s - e - 1) / back + 1 : 0};
}

inline folded slice_fold(onnx_node const& n, tensor_pointers const& in) {
  onnx_tensor const& x = *in[0];
  auto const rank = static_cast<std::int64_t>(x.dims.size());
  auto const list = [&](std::size_t i, char const* attribute) { return in.size() > i && in[i] ? integers_of(*in[i]) : n.ints_or(attribute, {}); };
  auto const starts = list(1, "starts"), ends = list(2, "ends");
  auto axes = list(3, "axes"), steps = list(4, "steps");
  if (axes.empty())
    for (std::size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size()) return std::nullopt;
  std::vector<index> first(x.dims.size(), 0), step(x.dims.size(), 1), dims = x.dims;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (axes[i] < -rank || axes[i] >= rank || steps[i] == 0) return std::nullopt;
    auto const a = static_cast<std::size_t>(axes[i] < 0 ? axes[i] + rank : axes[i]);
    slice_range const r = clamp_slice(starts[i], ends[i], steps[i], x.dims[a]);
    first[a] = r.first;
    step[a] = steps[i];
    dims[a] = r.count;
  }
  return std::vector<onnx_tensor>{rearranged(x, dims, [&](std::vector<index> const& p) {
    index o = 0;
    for (std::size_t i = 0; i < p.size(); ++i) o = o * x.dims[i] + first[i] + p[i] * step[i];
    return o;
  })};
}

inline folded gather_fold(onnx_node const& n, tensor_pointers const& in) {
  onnx_tensor const& x = *in[0];
  onnx_tensor const& k = *in[1];
  auto const rank = static_cast<std::int64_t>(x.dims.size());
  std::int64_t const given = n.int_or("axis", 0);
  if (given < -rank || given >= rank) return std::nullopt;
  auto const a = static_cast<std::size_t>(given < 0 ? given + rank : given);
  for (index i = 0; i < k.size(); ++i)
    if (integer_at(k, i) < -x.dims[a] || integer_at(k, i) >= x.dims[a]) return std::nullopt;
  std::vector<index> dims(x.dims.begin(), x.dims.begin() + static_cast<std::ptrdiff_t>(a));
  dims.insert(dims.end(), k.dims.begin(), k.dims.end());
  dims.insert(dims.end(), x.dims.begin() + static_cast<std::ptrdiff_t>(a) + 1, x.dims.end());
  return std::vector<onnx_tensor>{rearranged(x, dims, [&](std::vector<index> const& p) {
    index o = 0, which = 0;
    for (std::size_t i = 0; i < k.dims.size(); ++i) which = which * k.dims[i] + p[a + i];
    std::int64_t at = integer_at(k, which);
    if (at < 0) at += x.dims[a];
    for (std::size_t i = 0; i < x.dims.size(); ++i) o = o * x.dims[i] + (i < a ? p[i] : i == a ? at : p[i + k.dims.size() - 1]);
    return o;
  })};
}

}  // namespace detail

/// Reshape's new extents: 0 keeps (unless allowzero), -1 is what remains. Empty optional when they do not fit.
inline std::optional<std::vector<index>> reshape_extents(std::vector<index> const& from, std::vector<std::int64_t> const& to, bool allow_zero) {
  std::vector<index> dims;
  index total = 1, known = 1;
  for (index d : from) total *= d;
  int open = -1;
  for (std::size_t i = 0; i < to.size(); ++i) {
    index d = to[i];
    if (d == 0 && !allow_zero) {
      if (i >= from.size()) return std::nullopt;
      d = from[i];
    }
    if (d < -1 || (d == -1 && open >= 0)) return std::nullopt;
    if (d == -1) open = static_cast<int>(i);
    else known = checked_product(known, d);
    dims.push_back(d);
  }
  if (open >= 0) {
    if (known <= 0 || total % known != 0) return std::nullopt;
    dims[static_cast<std::size_t>(open)] = total / known;
  } else if (known != total) {
    return std::nullopt;
  }
  return dims;
}

/// Unsqueeze's extents; empty optional for a bad axis.
inline std::optional<std::vector<index>> unsqueezed(std::vector<index> dims, std::vector<std::int64_t> axes) {
  auto const rank = static_cast<std::int64_t>(dims.size() + axes.size());
  std::vector<bool> fresh(static_cast<std::size_t>(rank), false);
  for (std::int64_t& a : axes) {
    if (a < 0) a += rank;
    if (a < 0 || a >= rank || fresh[static_cast<std::size_t>(a)]) return std::nullopt;
    fresh[static_cast<std::size_t>(a)] = true;
  }
  std::vector<index> y;
  std::size_t k = 0;
  for (bool f : fresh) y.push_back(f ? 1 : dims[k++]);
  return y;
}
/// Squeeze's extents; without axes, every extent of 1 goes.
inline std::optional<std::vector<index>> squeezed(std::vector<index> const& dims, std::vector<std::int64_t> const& axes, bool all) {
  auto const rank = static_cast<std::int64_t>(dims.size());
  std::vector<bool> gone(dims.size(), false);
  for (std::size_t i = 0; i < dims.size(); ++i) gone[i] = all && dims[i] == 1;
  for (std::int64_t a : axes) {
    if (a < 0) a += rank;
    if (a < 0 || a >= rank || dims[static_cast<std::size_t>(a)] != 1) return std::nullopt;
    gone[static_cast<std::size_t>(a)] = true;
  }
  std::vector<index> y;
  for (std::size_t i = 0; i < dims.size(); ++i)
    if (!gone[i]) y.push_back(dims[i]);
  return y;
}

namespace detail {
inline folded fold_unchecked(onnx_node const& n, tensor_pointers const& in) {
  auto const one = [](onnx_tensor t) { return folded(std::vector<onnx_tensor>{std::move(t)}); };
  std::string const& op = n.op_type;
  if (op == "ConstantOfShape" && !in.empty() && in[0]) {
    onnx_tensor value = blank(dtype::f32, {1});
    if (auto const* v = n.tensor("value")) value = *v;
    std::vector<index> dims;
    for (std::int64_t d : integers_of(*in[0])) dims.push_back(d);
    for (index d : dims)
      if (d < 0) return std::nullopt;
    if (elements_of(dims) < 0 || elements_of(dims) > fold_limit || dims.size() > max_rank || value.size() != 1) return std::nullopt;
    return one(rearranged(value, dims, [](auto const&) { return index{0}; }));
  }
  if (in.empty() || in[0] == nullptr) return std::nullopt;
  onnx_tensor const& x = *in[0];
  for (onnx_tensor const* t : in)
    if (t == nullptr && op != "Slice" && op != "Squeeze" && op.rfind("Reduce", 0) != 0) return std::nullopt;
  if (op == "Identity" || op == "Dropout") return one(x);
  if (op == "Cast") {
    onnx_tensor y;
    static constexpr std::pair<int, dtype> types[] = {{1, dtype::f32}, {2, dtype::u8}, {3, dtype::i8}, {4, dtype::u16}, {5, dtype::i16}, {6, dtype::i32}, {7, dtype::i64}, {9, dtype::boolean}, {10, dtype::f16}, {11, dtype::f64}, {12, dtype::u32}, {13, dtype::u64}, {16, dtype::bf16}};
    for (auto const& [code, type] : types)
      if (n.int_or("to", 0) == code) {
        y = blank(type, x.dims);
        for (index i = 0; i < x.size(); ++i) {
          if (is_floating(x.type)) set_real(y, i, real_at(x, i));
          else set_integer(y, i, integer_at(x, i));
        }
        return one(y);
      }
    return std::nullopt;
  }
  if (op == "Gather" && in.size() == 2) return gather_fold(n, in);
  if (op == "Slice") return slice_fold(n, in);
  if (op.rfind("Reduce", 0) == 0) return reduce_fold(n, in);
  if (op == "Range" && in.size() == 3 && x.size() == 1 && in[1]->size() == 1 && in[2]->size() == 1) {
    double const a = real_at(*in[0], 0), b = real_at(*in[1], 0), s = real_at(*in[2], 0);
    double const count = std::ceil((b - a) / s);
    if (!(count <= static_cast<double>(fold_limit))) return std::nullopt;
    onnx_tensor y = blank(x.type, {count > 0 ? static_cast<index>(count) : 0});
    for (index i = 0; i < y.size(); ++i) {
      if (is_floating(x.type)) set_real(y, i, a + static_cast<double>(i) * s);
      else set_integer(y, i, static_cast<std::int64_t>(static_cast<std::uint64_t>(integer_at(x, 0)) + static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(integer_at(*in[2], 0))));
    }
    return one(y);
  }
  if (op == "Reshape" && in.size() == 2)
    if (auto dims = reshape_extents(x.dims, integers_of(*in[1]), n.int_or("allowzero", 0) != 0)) {
      onnx_tensor y = x;
      y.dims = *dims;
      return one(y);
    }
  if (op == "Unsqueeze" || op == "Squeeze") {
    auto const axes = in.size() > 1 && in[1] ? integers_of(*in[1]) : n.ints_or("axes", {});
    bool const all = op == "Squeeze" && !(in.size() > 1 && in[1]) && !n.has("axes");
    if (auto dims = op == "Squeeze" ? squeezed(x.dims, axes, all) : unsqueezed(x.dims, axes)) {
      onnx_tensor y = x;
      y.dims = *dims;
      return one(y);
    }
    return std::nullopt;
  }
  if (op == "Concat") {
    auto const rank = static_cast<std::int64_t>(x.dims.size());
    std::int64_t const given = n.int_or("axis", 0);
    if (given < -rank || given >= rank) return std::nullopt;
    auto const a = static_cast<std::size_t>(given < 0 ? given + rank : given);
    std::vector<index> dims = x.dims;
    index outer = 1, inner = 1;
    for (std::size_t i = 0; i < x.dims.size(); ++i) (i < a ? outer : inner) *= i == a ? 1 : x.dims[i];
    dims[a] = 0;
    for (onnx_tensor const* t : in) {
      if (t->dims.size() != x.dims.size() || t->type != x.type) return std::nullopt;
      for (std::size_t i = 0; i < x.dims.size(); ++i)
        if (i != a && t->dims[i] != x.dims[i]) return std::nullopt;
      dims[a] += t->dims[a];
    }
    if (elements_of(dims) < 0 || elements_of(dims) > fold_limit) return std::nullopt;
    onnx_tensor y = blank(x.type, dims);
    std::byte* to = y.bytes.data();
    for (index o = 0; o < outer; ++o)
      for (onnx_tensor const* t : in) {
        auto const run = static_cast<std::size_t>(t->dims[a] * inner * size_of(x.type));
        if (run > 0) std::memcpy(to, t->bytes.data() + static_cast<std::size_t>(o) * run, run);
        to += run;
      }
    return one(y);
  }
  if (op == "Transpose") {
    std::vector<std::int64_t> perm = n.ints_or("perm", {});
    if (perm.empty())
      for (std::size_t i = x.dims.size(); i-- > 0;) perm.push_back(static_cast<std::int64_t>(i));
    std::vector<index> dims;
    std::vector<bool> seen(x.dims.size(), false);
    for (std::int64_t p : perm) {
      if (p < 0 || p >= static_cast<std::int64_t>(x.dims.size()) || perm.size() != x.dims.size() || seen[static_cast<std::size_t>(p)]) return std::nullopt;
      seen[static_cast<std::size_t>(p)] = true;
      dims.push_back(x.dims[static_cast<std::size_t>(p)]);
    }
    return one(rearranged(x, dims, [&](std::vector<index> const& p) {
      std::vector<index> q(p.size());
      for (std::size_t i = 0; i < p.size(); ++i) q[static_cast<std::size_t>(perm[i])] = p[i];
      return flat(q, x.dims);
    }));
  }
  if (op == "Expand" && in.size() == 2) {
    shape to;
    auto const wanted = integers_of(*in[1]);
    if (wanted.size() > max_rank) return std::nullopt;
    for (std::int64_t d : wanted) to.push_back(d);
    shape const s = broadcast(shape_of(x), to);
    if (s.rank < 0 || s.size() < 0 || s.size() > fold_limit) return std::nullopt;
    return one(rearranged(x, dims_of(s), [&](std::vector<index> const& p) { return broadcast_flat(p, x.dims); }));
  }
  if (op == "Tile" && in.size() == 2) {
    auto const times = integers_of(*in[1]);
    if (times.size() != x.dims.size()) return std::nullopt;
    std::vector<index> dims;
    for (std::size_t i = 0; i < times.size(); ++i) dims.push_back(times[i] < 0 ? -1 : checked_product(x.dims[i], times[i]));
    index const n_all = elements_of(dims);
    if (n_all < 0 || n_all > fold_limit) return std::nullopt;
    return one(rearranged(x, dims, [&](std::vector<index> const& p) {
      index o = 0;
      for (std::size_t i = 0; i < p.size(); ++i) o = o * x.dims[i] + p[i] % x.dims[i];
      return o;
    }));
  }
  if (op == "Where" && in.size() == 3) {
    shape const s = broadcast(broadcast(shape_of(*in[0]), shape_of(*in[1])), shape_of(*in[2]));
    if (s.rank < 0 || s.size() < 0 || s.size() > fold_limit || in[1]->type != in[2]->type) return std::nullopt;
    onnx_tensor y = rearranged(*in[1], dims_of(s), [&](std::vector<index> const& p) { return broadcast_flat(p, in[1]->dims); });
    onnx_tensor const z = rearranged(*in[2], dims_of(s), [&](std::vector<index> const& p) { return broadcast_flat(p, in[2]->dims); });
    onnx_tensor const c = rearranged(*in[0], dims_of(s), [&](std::vector<index> const& p) { return broadcast_flat(p, in[0]->dims); });
    auto const bytes = static_cast<std::size_t>(size_of(y.type));
    for (index i = 0; i < y.size(); ++i)
      if (integer_at(c, i) == 0) std::memcpy(y.bytes.data() + static_cast<std::size_t>(i) * bytes, z.bytes.data() + static_cast<std::size_t>(i) * bytes, bytes);
    return one(y);
  }
  if (op == "NonZero") {
    std::vector<std::vector<std::int64_t>> found(x.dims.size());
    std::vector<index> p(x.dims.size(), 0);
    for (index i = 0; i < x.size(); ++i) {
      if (is_floating(x.type) ? real_at(x, i) != 0 : integer_at(x, i) != 0)
        for (std::size_t k = 0; k < p.size(); ++k) found[k].push_back(p[k]);
      for (std::size_t k = p.size(); k-- > 0;) {
        if (++p[k] < x.dims[k]) break;
        p[k] = 0;
      }
    }
    index const count = found.empty() ? 0 : static_cast<index>(found[0].size());
    onnx_tensor y = blank(dtype::i64, {static_cast<index>(found.size()), count});
    for (std::size_t k = 0; k < found.size(); ++k)
      for (index i = 0; i < count; ++i) set_integer(y, static_cast<index>(k) * count + i, found[k][static_cast<std::size_t>(i)]);
    return one(y);
  }
  return elementwise_fold(op, in);
}
}  // namespace detail

/// Computes a node all of whose inputs are constants (null: left out). Nothing when this is none of the operators here, or
/// when the result is too large or has too many dimensions.
inline detail::folded fold_node(onnx_node const& n, detail::tensor_pointers const& in) {
  if (!n.domain.empty()) return std::nullopt;
  for (onnx_tensor const* t : in)
    if (t != nullptr && t->dims.size() > static_cast<std::size_t>(max_rank)) return std::nullopt;
  auto y = detail::fold_unchecked(n, in);
  if (!y) return y;
  for (onnx_tensor const& t : *y) {
    index const size = checked_product(detail::elements_of(t.dims), size_of(t.type));
    if (size < 0 || t.dims.size() > static_cast<std::size_t>(max_rank) || t.bytes.size() != static_cast<std::size_t>(size)) return std::nullopt;
  }
  return y;
}

}  // namespace DSI_NAMESPACE::import
