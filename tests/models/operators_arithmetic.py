# SPDX-License-Identifier: MIT
"""Activations, softmax, arithmetic with broadcasting, matrix products."""
import numpy as np

from operator_cases import family


def f(v):
    return np.float32(v)


def wide(n, shape):
    """Inputs from the middle, the tails, and far out where an exponential over- or underflows."""
    x = 2 * n.rng.standard_normal(shape)
    flat = x.reshape(-1)
    flat[:8] = 0, -0.0, 30, -30, 95, -95, 1e-6, -1e-6
    return n.x(value=x.astype('f4'))


def unary(op, *shape, **a):
    return lambda n: n.op(op, wide(n, shape or (3, 37)), **a)


case = family('activation', atol=2e-6)
case('relu', unary('Relu'))
case('relu_4d_opset7', unary('Relu', 1, 3, 5, 7), 7)
case('sigmoid', unary('Sigmoid'))
case('tanh', unary('Tanh'))
case('hard_sigmoid', unary('HardSigmoid'))
case('hard_sigmoid_alpha_beta', unary('HardSigmoid', alpha=1 / 6, beta=.5))
case('hard_swish', unary('HardSwish'))
case('silu', lambda n: (lambda x: n.op('Mul', x, n.op('Sigmoid', x)))(wide(n, (3, 37))))
case('silu_sigmoid_first', lambda n: (lambda x: n.op('Mul', n.op('Sigmoid', x), x))(wide(n, (3, 37))))
case('silu_opset24', unary('Swish'), 24)
case('gelu_opset20', unary('Gelu'), 20)
case('gelu_tanh_opset20', unary('Gelu', approximate='tanh'), 20)


def hard_swish_as_clip(n):
    x = wide(n, (3, 37))
    up = n.op('Clip', n.op('Add', x, n.w(value=f(3))), n.w(value=f(0)), n.w(value=f(6)))
    return n.op('Div', n.op('Mul', x, up), n.w(value=f(6)))


def hard_swish_as_sigmoid(n):
    x = wide(n, (3, 37))
    return n.op('Mul', x, n.op('HardSigmoid', x, alpha=1 / 6, beta=.5))


def gelu_five_nodes(n):
    """As PyTorch exports nn.GELU below opset 20."""
    x = wide(n, (3, 37))
    e = n.op('Add', n.op('Erf', n.op('Div', x, n.w(value=f(2 ** .5)))), n.w(value=f(1)))
    return n.op('Mul', n.op('Mul', x, e), n.w(value=f(.5)))


case('hard_swish_as_clip', hard_swish_as_clip)
case('hard_swish_as_hard_sigmoid', hard_swish_as_sigmoid)
case('gelu_five_nodes', gelu_five_nodes)
case('clip', lambda n: n.op('Clip', wide(n, (3, 37)), n.w(value=f(-1.5)), n.w(value=f(2.25))))
case('clip_only_min', lambda n: n.op('Clip', wide(n, (3, 37)), n.w(value=f(-.5))))
case('clip_only_max', lambda n: n.op('Clip', wide(n, (3, 37)), '', n.w(value=f(.75))))
case('clip_attributes_opset7', unary('Clip', min=-1.5, max=2.25), 7)
case('clip_only_max_opset7', unary('Clip', max=.75), 7)
case('prelu_channel', lambda n: n.op('PRelu', n.x(2, 7, 5, 3), n.w(7, 1, 1, low=-.3, high=.5)))
case('prelu_one', lambda n: n.op('PRelu', n.x(3, 37), n.w(1, low=.1, high=.4)))
case('prelu_full', lambda n: n.op('PRelu', n.x(3, 37), n.w(3, 37, low=-.3, high=.5)))
case('prelu_channel_opset7', lambda n: n.op('PRelu', n.x(1, 7, 5, 3), n.w(7, 1, 1, low=-.3, high=.5)), 7)

case = family('softmax', atol=2e-6)
SOFT = (2, 5, 7, 3)


def softmax(*shape, **a):
    return lambda n: n.op('Softmax', n.x(*shape, scale=2), **a)


case('softmax_default', softmax(*SOFT))
for axis in (0, 1, 2, -1):
    case(f'softmax_axis_{axis}'.replace('-', 'minus_'), softmax(*SOFT, axis=axis))
case('softmax_2d', softmax(3, 37, axis=1))
case('softmax_far_apart', unary('Softmax', 3, 37))
# Before opset 13 the axes from `axis` on are one: the softmax is over all of them together.
case('softmax_default_opset7', softmax(*SOFT), 7)
case('softmax_axis_2_opset7', softmax(*SOFT, axis=2), 7)
case('softmax_axis_3_opset7', softmax(*SOFT, axis=3), 7)
case('softmax_axis_minus_1_opset11', softmax(*SOFT, axis=-1), 11)

case = family('binary', atol=1e-6)
SHAPES = {'same': ((2, 5, 7), (2, 5, 7)), 'right': ((2, 5, 7), (5, 1)), 'left': ((7,), (2, 5, 7)), 'both': ((3, 1, 7), (1, 5, 1)),
          'rank_0': ((3, 11), ()), 'one': ((1, 1), (2, 3, 5)), 'channel': ((1, 7, 5, 3), (1, 7, 1, 1)), 'inner': ((2, 5, 1, 3), (2, 5, 7, 3))}
for op in ('Add', 'Sub', 'Mul', 'Div'):
    for s, (a, b) in SHAPES.items():
        # a divisor away from zero
        case(f'{op.lower()}_{s}', lambda n, op=op, a=a, b=b: n.op(op, n.x(*a), n.x(*b, low=.5, high=2)))
    case(f'{op.lower()}_constant_right', lambda n, op=op: n.op(op, n.x(2, 5, 7), n.w(7, low=.5, high=2)))
    case(f'{op.lower()}_constant_left', lambda n, op=op: n.op(op, n.w(5, 1), n.x(2, 5, 7, low=.5, high=2)))
    case(f'{op.lower()}_opset7', lambda n, op=op: n.op(op, n.x(2, 5, 7), n.x(5, 1, low=.5, high=2)), 7)
case('add_itself', lambda n: (lambda x: n.op('Add', x, x))(n.x(3, 37)))
case('mul_itself', lambda n: (lambda x: n.op('Mul', x, x))(n.x(3, 37)))


def gemm(a, b, c=None, constant=True, **k):
    def build(n):
        right = n.w(*b, scale=.3) if constant else n.x(*b, scale=.3)
        return n.op('Gemm', n.x(*a), right, *([] if c is None else [n.w(*c)]), **k)
    return build


def matmul(a, b, constant=False):
    return lambda n: n.op('MatMul', n.x(*a), n.w(*b, scale=.3) if constant else n.x(*b, scale=.3))


case = family('dense')
case('gemm', gemm((3, 21), (21, 19), (19,)))
case('gemm_trans_b', gemm((3, 21), (19, 21), (19,), transB=1))
case('gemm_trans_a', gemm((21, 3), (21, 19), (19,), transA=1))
case('gemm_trans_both', gemm((21, 5), (19, 21), (5, 19), transA=1, transB=1))
case('gemm_alpha_beta', gemm((3, 21), (19, 21), (19,), alpha=.75, beta=-1.5, transB=1))
case('gemm_no_c', gemm((3, 21), (21, 19), alpha=2.))
case('gemm_c_column', gemm((3, 21), (21, 19), (3, 1)))
case('gemm_c_row', gemm((3, 21), (21, 19), (1, 19)))
case('gemm_c_rank_0', gemm((3, 21), (21, 19), ()))
case('gemm_one_row_wide', gemm((1, 131), (77, 131), (77,), transB=1))
case('gemm_two_inputs', gemm((3, 21), (21, 19), (19,), constant=False))
case('gemm_two_inputs_trans_both', gemm((21, 3), (19, 21), (19,), constant=False, transA=1, transB=1))
case('gemm_opset7', gemm((3, 21), (19, 21), (19,), transB=1), 7)
case('matmul_2d', matmul((5, 21), (21, 19)))
case('matmul_2d_constant', matmul((5, 21), (21, 19), True))
case('matmul_constant_left', lambda n: n.op('MatMul', n.w(5, 21, scale=.3), n.x(21, 19)))
case('matmul_3d', matmul((3, 5, 21), (3, 21, 9)))
case('matmul_3d_constant_2d', matmul((3, 5, 21), (21, 19), True))
case('matmul_3d_by_1', matmul((3, 5, 21), (1, 21, 9)))
case('matmul_4d', matmul((2, 3, 5, 13), (2, 3, 13, 7)))
case('matmul_4d_broadcast_both', matmul((2, 1, 5, 13), (1, 3, 13, 7)))
case('matmul_4d_by_2d', matmul((2, 3, 5, 13), (13, 7)))
case('matmul_2d_by_4d', matmul((5, 13), (2, 3, 13, 7)))
case('matmul_vector_right', matmul((3, 5, 21), (21,)))
case('matmul_vector_left', matmul((21,), (3, 21, 9)))
case('matmul_vectors', matmul((21,), (21,)))
case('matmul_3d_opset7', matmul((3, 5, 21), (3, 21, 9)), 7)
case('matmul_attention', lambda n: n.op('MatMul', n.op('Softmax', n.op('Div', n.op(
    'MatMul', n.x(1, 3, 7, 11), n.op('Transpose', n.x(1, 3, 9, 11), perm=[0, 1, 3, 2])), n.w(value=f(11 ** .5))), axis=-1), n.x(1, 3, 9, 5)))
case('fused_matmul_add_relu', lambda n: n.op('Relu', n.op('Add', n.op('MatMul', n.x(3, 21), n.w(21, 19, scale=.3)), n.w(19))))


def ints(n, dtype, *shape, low=-9, high=10):
    """An input of whole numbers."""
    return n.x(value=n.rng.integers(max(low, np.iinfo(dtype).min), high, shape).astype(dtype))


def whole(n, dtype, *values):
    return n.w(value=np.array(values, dtype))


# Integers, double and bool at run time: the reference loops.
case = family('integer')
for t in ('i8', 'i4', 'u1', 'i2'):
    name = np.dtype(t).name
    case(f'add_{name}', lambda n, t=t: n.op('Add', ints(n, t, 3, 7), ints(n, t, 7)))
    case(f'mul_{name}', lambda n, t=t: n.op('Mul', ints(n, t, 3, 7), ints(n, t, 3, 1)))
for t in ('i8', 'i4'):
    name = np.dtype(t).name
    case(f'sub_{name}', lambda n, t=t: n.op('Sub', ints(n, t, 3, 7), whole(n, t, 5)))
    case(f'div_{name}', lambda n, t=t: n.op('Div', ints(n, t, 3, 7, low=-99, high=99), whole(n, t, 3, -3, 7, 1, -1, 2, 50)))
    case(f'mod_{name}', lambda n, t=t: n.op('Mod', ints(n, t, 3, 7, low=-99, high=99), whole(n, t, 3, -3, 7, 1, -1, 2, 50)))
    case(f'fmod_{name}', lambda n, t=t: n.op('Mod', ints(n, t, 3, 7, low=-99, high=99), whole(n, t, 3, -3, 7, 1, -1, 2, 50), fmod=1))
    case(f'abs_neg_sign_{name}', lambda n, t=t: n.op('Add', n.op('Abs', ints(n, t, 3, 7)), n.op('Mul', n.op('Neg', ints(n, t, 3, 7)), n.op('Sign', ints(n, t, 3, 7)))))
    case(f'min_max_{name}', lambda n, t=t: n.op('Max', n.op('Min', ints(n, t, 3, 7), ints(n, t, 3, 7)), whole(n, t, -2)))
    case(f'clip_{name}', lambda n, t=t: n.op('Clip', ints(n, t, 3, 7), n.w(value=np.array(-3, t)), n.w(value=np.array(4, t))))
    case(f'reduce_sum_{name}', lambda n, t=t: n.op('ReduceSum', ints(n, t, 3, 7), whole(n, 'i8', 1)))
    case(f'reduce_max_{name}', lambda n, t=t: n.op('ReduceMax', ints(n, t, 3, 7), axes=[0]))
    case(f'matmul_{name}', lambda n, t=t: n.op('MatMul', ints(n, t, 3, 7), ints(n, t, 7, 2)))
case('relu_int32', lambda n: n.op('Relu', ints(n, 'i4', 3, 7)))
case('clip_beyond_a_double', lambda n: n.op('Clip', n.x(value=np.array([2**53, 2**53 + 1, 2**53 + 2, -5], 'i8')), n.w(value=np.array(2**53 + 1, 'i8'))))
case('pad_beyond_a_float', lambda n: n.op('Pad', ints(n, 'i8', 2, 3), n.ints(1, 0, 0, 2), n.w(value=np.array(2**40 + 1, 'i8'))))
case('pad_double', lambda n: n.op('Pad', n.x(value=n.rng.standard_normal((2, 3))), n.ints(0, 1, 1, 0), n.w(value=np.array(0.1))))
case('clip_double', lambda n: n.op('Clip', n.x(value=n.rng.standard_normal((2, 3))), n.w(value=np.array(0.1))))
case('clip_computed_limit', lambda n: n.op('Clip', n.x(3, 7), n.x(value=f(-.25)), n.w(value=f(.5))))
case('pow_int64_by_float', lambda n: n.op('Pow', ints(n, 'i8', 3, 7, low=0), n.w(value=f(2))))
case('pow_float_by_int64', lambda n: n.op('Pow', n.x(3, 7), n.w(value=np.array(3, 'i8'))))
case('mod_float', lambda n: n.op('Mod', n.x(3, 7, scale=5), n.x(7, low=.5, high=2), fmod=1))
case('compare_and_choose', lambda n: (lambda a, b: n.op('Where', n.op('Less', a, b), a, b))(ints(n, 'i8', 3, 7), ints(n, 'i8', 7)))
case('logic', lambda n: (lambda a, b: n.op('Xor', n.op('And', n.op('Greater', a, b), n.op('Not', n.op('Equal', a, b))), n.op('GreaterOrEqual', b, a)))(
    ints(n, 'i4', 3, 7), ints(n, 'i4', 7)))
case('bitwise_opset18', lambda n: (lambda a, b: n.op('BitwiseXor', n.op('BitwiseAnd', a, b), n.op('BitwiseOr', n.op('BitwiseNot', a), b)))(
    ints(n, 'i4', 3, 7, low=-99, high=99), ints(n, 'i4', 7, low=-99, high=99)), 18)
case('shift', lambda n: n.op('BitShift', ints(n, 'u4', 3, 7, low=0, high=2**20), ints(n, 'u4', 7, low=0, high=9), direction='LEFT'))
case('cast_int64_to_float', lambda n: n.op('Cast', ints(n, 'i8', 3, 7), to=1))
case('cast_float_to_uint8', lambda n: n.op('Cast', n.x(3, 7, low=0, high=255), to=2))
case('shift_right', lambda n: n.op('BitShift', ints(n, 'u1', 3, 7, low=0, high=200), ints(n, 'u1', 7, low=0, high=7), direction='RIGHT'))
