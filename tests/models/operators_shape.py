# SPDX-License-Identifier: MIT
"""Operators that move values, and reductions."""
import numpy as np

from operator_cases import family

case = family('shape')
X = (2, 5, 7, 3)
for axis in (0, 1, 2, -1):
    def concat(n, axis=axis):
        shapes = [list(X) for _ in range(3)]
        shapes[0][axis], shapes[1][axis], shapes[2][axis] = 1, 4, 3
        return n.op('Concat', *(n.x(*s) for s in shapes), axis=axis)
    case(f'concat_axis_{axis}'.replace('-', 'minus_'), concat)
case('concat_one', lambda n: n.op('Relu', n.op('Concat', n.x(3, 11), axis=1)))
case('concat_itself', lambda n: (lambda x: n.op('Concat', x, x, axis=1))(n.x(3, 11)))
case('concat_constant', lambda n: n.op('Concat', n.w(1, 2, 7), n.x(1, 5, 7), axis=1))
case('concat_opset7', lambda n: n.op('Concat', n.x(1, 2, 7), n.x(1, 5, 7), axis=1), 7)


def cut(starts, ends, axes=None, steps=None, shape=X):
    def build(n):
        more = [n.ints(*axes) if axes else '', n.ints(*steps) if steps else '']
        return n.op('Slice', n.x(*shape), n.ints(*starts), n.ints(*ends), *more)
    return build


LAST = 2 ** 63 - 1  # exporters write it for "to the end"
case('slice_one_axis', cut([1], [4], [1]))
case('slice_all_axes', cut([0, 1, 2, 0], [1, 4, 6, 2]))
case('slice_negative', cut([-4], [-1], [-2]))
case('slice_to_the_end', cut([2], [LAST], [2]))
case('slice_beyond', cut([-100, 3], [100, 1000], [1, 2]))
case('slice_steps', cut([0, 1], [5, 7], [1, 2], [2, 3]))
case('slice_backwards', cut([6], [0], [2], [-1]))
case('slice_backwards_all', cut([-1], [-LAST], [2], [-2]))
case('slice_int32', lambda n: n.op('Slice', n.x(*X), *(n.w(value=np.array(v, 'i4')) for v in ([1, 0], [6, 2], [2, 3]))))
case('slice_attributes_opset7', lambda n: n.op('Slice', n.x(*X), starts=[1, -5], ends=[2 ** 31 - 1, -1], axes=[1, 2]), 7)


def pad(pads, mode='constant', value=None, shape=(2, 3, 7, 5), more=()):
    def build(n):
        return n.op('Pad', n.x(*shape), n.ints(*pads), *([n.w(value=np.float32(value))] if value is not None else [''] * bool(more)),
                    *(n.ints(*m) for m in more), mode=mode)
    return build


case('pad_constant', pad([0, 0, 1, 2, 0, 0, 3, 1]))
case('pad_constant_value', pad([0, 1, 0, 2, 1, 0, 2, 0], value=-1.25))
case('pad_reflect', pad([0, 0, 2, 1, 0, 0, 1, 3], 'reflect'))
case('pad_edge', pad([0, 0, 2, 1, 0, 0, 1, 3], 'edge'))
case('pad_negative', pad([0, 0, -1, 2, 0, 0, 1, -2]))
case('pad_1d', pad([0, 0, 4, 0, 0, 0], shape=(1, 5, 19)))
case('pad_axes_opset18', pad([1, 2, 0, 3], value=.5, more=[[3, -2]]), 18)
case('pad_attributes_opset7', lambda n: n.op('Pad', n.x(2, 3, 7, 5), pads=[0, 0, 1, 2, 0, 0, 3, 1], mode='constant', value=.5), 7)
case('pad_reflect_opset7', lambda n: n.op('Pad', n.x(2, 3, 7, 5), pads=[0, 0, 1, 2, 0, 0, 3, 1], mode='reflect'), 7)

# A Relu before or behind: a reshape alone is a copy, in a network it must vanish.
case('reshape', lambda n: n.op('Reshape', n.op('Relu', n.x(2, 15, 7)), n.ints(6, 35)))
case('reshape_zero_and_minus_one', lambda n: n.op('Reshape', n.x(2, 15, 7), n.ints(0, 5, -1)))
case('reshape_of_output', lambda n: n.op('Relu', n.op('Reshape', n.x(2, 15, 7), n.ints(-1))))
case('reshape_opset7', lambda n: n.op('Reshape', n.x(2, 15, 7), n.ints(0, -1)), 7)


def reshape_computed(n):
    """As PyTorch exports x.view(x.size(0), x.size(1), -1): shape arithmetic that an importer folds."""
    x = n.op('Relu', n.x(2, 5, 7, 3))
    size = lambda i: n.op('Unsqueeze', n.op('Gather', n.op('Shape', x), n.w(value=np.int64(i)), axis=0), n.ints(0))
    return n.op('Reshape', x, n.op('Concat', size(0), size(1), n.ints(-1), axis=0))


case('reshape_computed', reshape_computed)
for axis in (0, 1, 2, -1):
    case(f'flatten_axis_{axis}'.replace('-', 'minus_'), lambda n, axis=axis: n.op('Flatten', n.x(*X), axis=axis))
case('flatten_default_opset7', lambda n: n.op('Flatten', n.x(*X)), 7)
case('squeeze', lambda n: n.op('Squeeze', n.x(3, 1, 7, 1), n.ints(1, -1)))
case('squeeze_all', lambda n: n.op('Squeeze', n.x(1, 5, 1, 7)))
case('squeeze_opset7', lambda n: n.op('Squeeze', n.x(3, 1, 7, 1), axes=[1, 3]), 7)
case('unsqueeze', lambda n: n.op('Unsqueeze', n.x(5, 7), n.ints(0, -1)))
case('unsqueeze_opset7', lambda n: n.op('Unsqueeze', n.x(5, 7), axes=[0, 2]), 7)
case('identity', lambda n: n.op('Identity', n.x(3, 11)))
case('dropout_opset7', lambda n: n.op('Dropout', n.x(3, 11), ratio=.5), 7)

for perm in ((1, 0), (0, 2, 1), (2, 0, 1), (0, 2, 3, 1), (0, 3, 1, 2), (0, 1, 3, 2), (3, 2, 1, 0), (1, 0, 3, 2)):
    case('transpose_' + ''.join(map(str, perm)), lambda n, perm=perm: n.op('Transpose', n.x(*(5, 9, 7, 3)[:len(perm)]), perm=perm))
case('transpose_default', lambda n: n.op('Transpose', n.x(5, 9, 7)))
case('transpose_01324', lambda n: n.op('Transpose', n.x(2, 3, 5, 4, 7), perm=[0, 1, 3, 2, 4]))
case('transpose_opset7', lambda n: n.op('Transpose', n.x(5, 9, 7), perm=[2, 0, 1]), 7)


def reduce(op, axes, keep=1, as_input=False):
    def build(n):
        x = n.x(*X)
        if as_input:
            return n.op(op, x, n.ints(*axes) if axes else '', keepdims=keep)
        return n.op(op, x, keepdims=keep, **({'axes': axes} if axes else {}))
    return build


case = family('reduce')
# The axes are an attribute up to opset 17 (ReduceSum: 12), an input from 18 (ReduceSum: 13) on.
for op, s in (('ReduceMean', 'mean'), ('ReduceSum', 'sum'), ('ReduceMax', 'max')):
    for tag, axes, keep in (('last', [-1], 1), ('last_dropped', [3], 0), ('first', [0], 0), ('middle', [1], 1), ('spatial', [2, 3], 1),
                            ('spatial_dropped', [-1, -2], 0), ('apart', [1, 3], 0), ('all', None, 0), ('all_kept', None, 1)):
        case(f'reduce_{s}_{tag}', reduce(op, axes, keep, as_input=True), 18)
    for tag, axes, keep in (('spatial', [2, 3], 0), ('middle', [1], 1), ('all', None, 0)):
        case(f'reduce_{s}_{tag}_opset7', reduce(op, axes, keep), 7)
    case(f'reduce_{s}_negative_opset11', reduce(op, [-1, -3], 1), 11)
