// SPDX-License-Identifier: MIT
// Models of one recurrent layer with all the inputs and outputs that its attributes ask for.
#pragma once

#include <dsi/backend/reference/recurrent.hpp>
#include <dsi/backend/simd/recurrent.hpp>
#include <dsi/op/gru.hpp>
#include <dsi/op/lstm.hpp>
#include <dsi/op/rnn.hpp>

#include "native.hpp"

namespace conformance {

/// The entries of a graph around one layer with attributes A.
template <class T, auto A, dsi::index Steps, dsi::index Batch, dsi::index Inputs>
struct recurrent_parts {
  static constexpr dsi::recurrent_form form = A.form();
  static constexpr dsi::index D = form.directions(), H = form.hidden, G = form.gates();
  using x = std::conditional_t<form.batch_first, dsi::named_input<"x", T, Batch, Steps, Inputs>, dsi::named_input<"x", T, Steps, Batch, Inputs>>;
  using w = dsi::parameter<"w", T, D, G * H, Inputs>;
  using r = dsi::parameter<"r", T, D, G * H, H>;
  using b = dsi::parameter<"b", T, D, 2 * G * H>;
  using p = dsi::parameter<"p", T, D, 3 * H>;
  using h = std::conditional_t<form.batch_first, dsi::named_input<"h", T, Batch, D, H>, dsi::named_input<"h", T, D, Batch, H>>;
  using c = std::conditional_t<form.batch_first, dsi::named_input<"c", T, Batch, D, H>, dsi::named_input<"c", T, D, Batch, H>>;
  using op = dsi::with_attributes<A>;
};

/// x alone: what a pipeline would make, with one output.
template <class T, auto A, dsi::index Steps, dsi::index Batch, dsi::index Inputs, class P = recurrent_parts<T, A, Steps, Batch, Inputs>>
using plain = dsi::graph<typename P::x, typename P::w, typename P::r, typename P::b, dsi::node<"y", typename P::op, "x", "w", "r", "b">, dsi::output<"y">>;
/// Without bias.
template <class T, auto A, dsi::index Steps, dsi::index Batch, dsi::index Inputs, class P = recurrent_parts<T, A, Steps, Batch, Inputs>>
using without_bias = dsi::graph<typename P::x, typename P::w, typename P::r, dsi::node<"y", typename P::op, "x", "w", "r">, dsi::output<"y">>;
/// Outputs Y_h and Y_c alone.
template <class T, auto A, dsi::index Steps, dsi::index Batch, dsi::index Inputs, class P = recurrent_parts<T, A, Steps, Batch, Inputs>>
using last_h_c = dsi::graph<typename P::x, typename P::w, typename P::r, typename P::b, dsi::node<"y", typename P::op, "x", "w", "r", "b">,
                            dsi::output<"y.0">, dsi::output<"y.1">>;
/// Initial h; outputs Y and Y_h.
template <class T, auto A, dsi::index Steps, dsi::index Batch, dsi::index Inputs, class P = recurrent_parts<T, A, Steps, Batch, Inputs>>
using with_h = dsi::graph<typename P::x, typename P::h, typename P::w, typename P::r, typename P::b,
                          dsi::node<"y", typename P::op, "x", "w", "r", "b", "h">, dsi::output<"y.0">, dsi::output<"y.1">>;
/// Initial h and C; outputs Y, Y_h and Y_c.
template <class T, auto A, dsi::index Steps, dsi::index Batch, dsi::index Inputs, class P = recurrent_parts<T, A, Steps, Batch, Inputs>>
using with_h_c = dsi::graph<typename P::x, typename P::h, typename P::c, typename P::w, typename P::r, typename P::b,
                            dsi::node<"y", typename P::op, "x", "w", "r", "b", "h", "c">, dsi::output<"y.0">, dsi::output<"y.1">, dsi::output<"y.2">>;
/// The same with peepholes.
template <class T, auto A, dsi::index Steps, dsi::index Batch, dsi::index Inputs, class P = recurrent_parts<T, A, Steps, Batch, Inputs>>
using with_peepholes =
    dsi::graph<typename P::x, typename P::h, typename P::c, typename P::w, typename P::r, typename P::b, typename P::p,
               dsi::node<"y", typename P::op, "x", "w", "r", "b", "h", "c", "p">, dsi::output<"y.0">, dsi::output<"y.1">, dsi::output<"y.2">>;

}  // namespace conformance

/// A case: name, kind of graph, attributes, steps, batch, inputs.
#define RECURRENT_CASE(Name, Graph, Attributes, ...) \
  template <class T>                                 \
  struct Name : conformance::Graph<T, Attributes, __VA_ARGS__> {}
