// SPDX-License-Identifier: MIT
// Runs one model on a backend and on the reference backend in double, on the same random values, and compares.
#pragma once

#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <dsi/backend/reference/backend.hpp>
#include <dsi/engine.hpp>

namespace conformance {

using dsi::index;

/// Values that every element type under test holds exactly, so that both sides start from the same numbers.
template <class T>
double representable(double v) {
  if constexpr (std::is_same_v<T, double>) return static_cast<double>(static_cast<float>(v));
  else if constexpr (std::is_integral_v<T>) return static_cast<double>(static_cast<T>(v));
  else return static_cast<double>(static_cast<float>(static_cast<T>(static_cast<float>(v))));
}
template <class T>
T as(double v) {
  if constexpr (sizeof(T) == 2 && !std::is_integral_v<T>) return T(static_cast<float>(v));
  else return static_cast<T>(v);
}
template <class T>
double to_double(T v) {
  if constexpr (sizeof(T) == 2 && !std::is_integral_v<T>) return static_cast<double>(static_cast<float>(v));
  else return static_cast<double>(v);
}

/// How values are drawn. Special values (NaN, infinities, zeros of both signs, subnormals) are mixed in when `special` > 0:
/// about one element in `special`.
struct drawing {
  unsigned seed = 1;
  double low = -1, high = 1;
  int special = 0;
};

template <class T>
std::vector<double> draw(index n, drawing const& d, unsigned salt) {
  std::mt19937 g(d.seed * 7919u + salt);
  std::uniform_real_distribution<double> u(d.low, d.high);
  std::vector<double> v(static_cast<std::size_t>(n));
  double const odd[] = {std::nan(""), INFINITY, -INFINITY, 0.0, -0.0, 1e-41, -1e-41};
  for (double& x : v) {
    x = representable<T>(u(g));
    if (d.special > 0 && static_cast<int>(g() % static_cast<unsigned>(d.special)) == 0) x = representable<T>(odd[g() % 7]);
  }
  return v;
}

template <class Model>
struct io {
  std::vector<std::vector<double>> in, out, parameters;
};

/// Runs Model (whose floating tensors have type T) on Backend with the values of `x`; fills x.out. Outputs are poisoned first.
template <class Model, class T, class Backend, class Storage = dsi::heap_storage>
bool run_model(io<Model>& x, std::string& why) {
  constexpr dsi::graph_view g = Model::description.view();
  std::vector<std::vector<T>> values;
  std::vector<std::string> names;
  std::vector<dsi::named_values> named;
  int k = 0;
  for (int t = 0; t < g.tensor_count; ++t)
    if (g.tensors[t].kind == dsi::tensor_kind::parameter) {
      auto const& from = x.parameters[static_cast<std::size_t>(k++)];
      std::vector<T> v;
      for (double d : from) v.push_back(as<T>(d));
      values.push_back(std::move(v));
      names.emplace_back(g.tensors[t].name.text().view());
    }
  for (std::size_t i = 0; i < values.size(); ++i) named.emplace_back(names[i], std::span<T const>(values[i]));
  auto w = dsi::weights<Model, Backend>::from(std::span<dsi::named_values const>(named));
  if (!w) {
    why = w.error().what.view();
    return false;
  }
  auto net = std::make_unique<dsi::engine<Model, Backend, Storage>>(*w);
  std::vector<std::vector<T>> in, out;
  std::vector<void const*> ip;
  std::vector<void*> op;
  for (auto const& v : x.in) {
    in.emplace_back();
    for (double d : v) in.back().push_back(as<T>(d));
  }
  for (int o = 0; o < g.output_count; ++o) out.emplace_back(static_cast<std::size_t>(g.desc(g.outputs[o]).size()), as<T>(77));
  for (auto& v : in) ip.push_back(v.data());
  for (auto& v : out) op.push_back(v.data());
  net->run_pointers(ip.data(), op.data());
  auto const first = out;
  for (auto& v : out)
    for (auto& e : v) e = as<T>(-55);  // another poison: every element must be written
  net->run_pointers(ip.data(), op.data());
  for (std::size_t o = 0; o < out.size(); ++o)
    if (std::memcmp(out[o].data(), first[o].data(), out[o].size() * sizeof(T)) != 0) {
      why = "two runs differ: part of the output is not written or depends on old memory";
      return false;
    }
  x.out.clear();
  for (auto const& v : out) {
    x.out.emplace_back();
    for (T e : v) x.out.back().push_back(to_double(e));
  }
  return true;
}

/// The largest |a - b| / (absolute + relative * |b|); infinity where one is NaN or infinite and the other is not so.
inline double departure(std::vector<double> const& a, std::vector<double> const& b, double relative, double absolute, std::size_t* where = nullptr) {
  double worst = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    double e;
    if (i >= a.size()) e = std::numeric_limits<double>::infinity();
    else if (std::isnan(b[i]) || std::isnan(a[i])) e = std::isnan(a[i]) && std::isnan(b[i]) ? 0 : std::numeric_limits<double>::infinity();
    else if (a[i] == b[i]) e = 0;
    else if (std::isinf(a[i]) || std::isinf(b[i])) e = std::numeric_limits<double>::infinity();
    else e = std::abs(a[i] - b[i]) / (absolute + relative * std::abs(b[i]));
    if (e > worst) {
      worst = e;
      if (where != nullptr) *where = i;
    }
  }
  return worst;
}

/// Compares Case<T> on Backend with Case<double> on the reference backend. Returns "" or what is wrong.
/// Tolerance: |y - exact| <= absolute + relative * |exact|.
template <template <class> class Case, class T, class Backend>
std::string compare(drawing const& d, double relative, double absolute) {
  using exact_model = Case<double>;
  using model = Case<T>;
  io<exact_model> e;
  constexpr dsi::graph_view g = exact_model::description.view();
  unsigned salt = 0;
  for (int i = 0; i < g.input_count; ++i) e.in.push_back(draw<T>(g.desc(g.inputs[i]).size(), d, salt++));
  drawing plain = d;
  plain.special = 0;
  for (int t = 0; t < g.tensor_count; ++t)
    if (g.tensors[t].kind == dsi::tensor_kind::parameter) {
      auto v = draw<T>(g.desc(t).size(), plain, 1000 + salt++);
      // Statistics and scales must be positive to mean something.
      auto const name = g.tensors[t].name.suffix;
      if (name == "variance" || name == "scale")
        for (double& x : v) x = representable<T>(0.5 + std::abs(x));
      e.parameters.push_back(std::move(v));
    }
  io<model> m{e.in, {}, e.parameters};
  std::string why;
  if (!run_model<exact_model, double, dsi::reference_backend>(e, why)) return "reference: " + why;
  if (!run_model<model, T, Backend>(m, why)) return why;
  for (std::size_t o = 0; o < e.out.size(); ++o) {
    std::size_t at = 0;
    double const worst = departure(m.out[o], e.out[o], relative, absolute, &at);
    if (!(worst <= 1)) {
      char text[200];
      std::snprintf(text, sizeof text, "output %zu element %zu: %.9g instead of %.9g, %.3g times the tolerance", o, at, m.out[o][at], e.out[o][at], worst);
      return text;
    }
  }
  return "";
}

}  // namespace conformance
