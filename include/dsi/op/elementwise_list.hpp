// SPDX-License-Identifier: MIT
// Every elementwise operator without attributes. The importer finds them here by their ONNX names: a new one is one file
// beside this one and one line in the list.
#pragma once

#include <dsi/core/type_pack.hpp>
#include <dsi/op/absolute.hpp>
#include <dsi/op/add.hpp>
#include <dsi/op/bitwise.hpp>
#include <dsi/op/ceil_to_integer.hpp>
#include <dsi/op/comparison.hpp>
#include <dsi/op/cos.hpp>
#include <dsi/op/div.hpp>
#include <dsi/op/erf.hpp>
#include <dsi/op/exp.hpp>
#include <dsi/op/floor_to_integer.hpp>
#include <dsi/op/gelu.hpp>
#include <dsi/op/gelu_tanh.hpp>
#include <dsi/op/hard_swish.hpp>
#include <dsi/op/hyperbolic.hpp>
#include <dsi/op/is_nan.hpp>
#include <dsi/op/log.hpp>
#include <dsi/op/logical.hpp>
#include <dsi/op/maximum.hpp>
#include <dsi/op/minimum.hpp>
#include <dsi/op/mish.hpp>
#include <dsi/op/mul.hpp>
#include <dsi/op/neg.hpp>
#include <dsi/op/power.hpp>
#include <dsi/op/prelu.hpp>
#include <dsi/op/reciprocal.hpp>
#include <dsi/op/relu.hpp>
#include <dsi/op/round_to_integer.hpp>
#include <dsi/op/sigmoid.hpp>
#include <dsi/op/sign.hpp>
#include <dsi/op/silu.hpp>
#include <dsi/op/sin.hpp>
#include <dsi/op/softplus.hpp>
#include <dsi/op/softsign.hpp>
#include <dsi/op/square_root.hpp>
#include <dsi/op/sub.hpp>
#include <dsi/op/tanh.hpp>
#include <dsi/op/trigonometric.hpp>
#include <dsi/op/where.hpp>

namespace DSI_NAMESPACE {

using elementwise_operators = type_pack<  //
    absolute,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atanh,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    ceil_to_integer,
    cos,
    cosh,
    div,
    equal,
    erf,
    exp,
    floor_to_integer,
    gelu,
    gelu_tanh,
    greater,
    greater_or_equal,
    hard_swish,
    is_nan,
    less,
    less_or_equal,
    log,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    mish,
    mul,
    neg,
    power,
    prelu,
    reciprocal,
    relu,
    round_to_integer,
    sigmoid,
    sign,
    silu,
    sin,
    sinh,
    softplus,
    softsign,
    square_root,
    sub,
    tan,
    tanh,
    where>;

}  // namespace DSI_NAMESPACE
