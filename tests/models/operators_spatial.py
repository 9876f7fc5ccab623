# SPDX-License-Identifier: MIT
"""Convolution, pooling, batch normalization, and what gets fused behind a convolution."""
import numpy as np

from onnx_builder import numpy_helper
from operator_cases import family


def conv(x, w, bias=True, **a):
    """One convolution; the weight's scale keeps the outputs near 1."""
    fan = 1
    for d in w[1:]:
        fan *= d
    def build(n):
        at = n.x(*x)
        weight = n.w(*w, scale=fan ** -.5)
        return n.op('Conv', at, weight, *([n.w(w[0], scale=.3)] if bias else []), **a)
    return build


case = family('conv')
case('conv2d_3x3', conv((1, 5, 13, 11), (7, 5, 3, 3), kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
case('conv2d_no_bias', conv((1, 5, 13, 11), (7, 5, 3, 3), bias=False, kernel_shape=[3, 3]))
case('conv2d_no_kernel_shape', conv((1, 3, 9, 14), (11, 3, 5, 3)))
case('conv2d_1x1', conv((1, 13, 9, 7), (19, 13, 1, 1), kernel_shape=[1, 1]))
case('conv2d_1x1_stride2', conv((1, 13, 9, 7), (19, 13, 1, 1), kernel_shape=[1, 1], strides=[2, 2]))
case('conv2d_1x1_batch3', conv((3, 13, 5, 7), (19, 13, 1, 1), kernel_shape=[1, 1]))
case('conv2d_wide', conv((1, 37, 7, 9), (53, 37, 3, 3), kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
case('conv2d_one_channel', conv((1, 1, 15, 17), (1, 1, 3, 3), kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
case('conv2d_7x7_stride2', conv((1, 3, 33, 29), (13, 3, 7, 7), kernel_shape=[7, 7], strides=[2, 2], pads=[3, 3, 3, 3]))
case('conv2d_kernel_2x5', conv((1, 3, 11, 13), (6, 3, 2, 5), kernel_shape=[2, 5], pads=[0, 2, 1, 2]))
case('conv2d_stride_3x2', conv((1, 3, 17, 13), (6, 3, 3, 3), kernel_shape=[3, 3], strides=[3, 2]))
case('conv2d_pads_all_differ', conv((1, 3, 9, 8), (6, 3, 4, 4), kernel_shape=[4, 4], pads=[3, 1, 0, 2]))
case('conv2d_padded_beyond_input', conv((1, 2, 2, 3), (5, 2, 5, 5), kernel_shape=[5, 5], pads=[2, 2, 2, 2]))
case('conv2d_kernel_covers_input', conv((1, 5, 7, 6), (11, 5, 7, 6), kernel_shape=[7, 6]))
case('conv2d_dilation2', conv((1, 5, 13, 11), (7, 5, 3, 3), kernel_shape=[3, 3], dilations=[2, 2], pads=[2, 2, 2, 2]))
case('conv2d_dilation_3x1_stride2', conv((1, 5, 19, 11), (7, 5, 3, 3), kernel_shape=[3, 3], dilations=[3, 1], strides=[2, 2]))
case('conv2d_groups3', conv((1, 9, 9, 11), (15, 3, 3, 3), kernel_shape=[3, 3], group=3, pads=[1, 1, 1, 1]))
case('conv2d_groups2_1x1', conv((1, 10, 9, 11), (14, 5, 1, 1), kernel_shape=[1, 1], group=2))
case('conv2d_depthwise', conv((1, 21, 13, 11), (21, 1, 3, 3), kernel_shape=[3, 3], group=21, pads=[1, 1, 1, 1]))
case('conv2d_depthwise_stride2', conv((1, 21, 13, 12), (21, 1, 3, 3), kernel_shape=[3, 3], group=21, strides=[2, 2], pads=[1, 1, 1, 1]))
case('conv2d_depthwise_5x5', conv((1, 11, 13, 12), (11, 1, 5, 5), kernel_shape=[5, 5], group=11, pads=[2, 2, 2, 2]))
case('conv2d_depthwise_multiplier2', conv((1, 7, 11, 9), (14, 1, 3, 3), kernel_shape=[3, 3], group=7, pads=[1, 1, 1, 1]))
case('conv2d_depthwise_dilation2', conv((1, 7, 11, 9), (7, 1, 3, 3), kernel_shape=[3, 3], group=7, dilations=[2, 2], pads=[2, 2, 2, 2]))
case('conv2d_batch2', conv((2, 5, 9, 11), (7, 5, 3, 3), kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
for mode in ('SAME_UPPER', 'SAME_LOWER', 'VALID'):
    case(f'conv2d_{mode.lower()}', conv((1, 3, 14, 11), (7, 3, 4, 3), kernel_shape=[4, 3], auto_pad=mode))
    case(f'conv2d_{mode.lower()}_stride2', conv((1, 3, 14, 11), (7, 3, 3, 3), kernel_shape=[3, 3], strides=[2, 2], auto_pad=mode))
case('conv1d', conv((1, 5, 29), (11, 5, 3), kernel_shape=[3], pads=[1, 1]))
case('conv1d_causal', conv((1, 5, 29), (11, 5, 3), kernel_shape=[3], dilations=[4], pads=[8, 0]))
case('conv1d_stride3', conv((2, 5, 31), (7, 5, 5), kernel_shape=[5], strides=[3], pads=[2, 1]))
case('conv1d_depthwise', conv((1, 11, 29), (11, 1, 7), kernel_shape=[7], group=11, pads=[3, 3]))
case('conv1d_groups2', conv((1, 6, 29), (10, 3, 3), kernel_shape=[3], group=2))
case('conv1d_same_upper_stride2', conv((1, 5, 30), (7, 5, 5), kernel_shape=[5], strides=[2], auto_pad='SAME_UPPER'))
case('conv1d_1', conv((1, 13, 21), (17, 13, 1), kernel_shape=[1]))
case('conv2d_opset7', conv((1, 5, 13, 11), (7, 5, 3, 3), kernel_shape=[3, 3], strides=[2, 1], pads=[1, 0, 1, 2]), 7)


def constant_weight(n):
    """The weight comes from a Constant node, as some exporters write it."""
    weight = numpy_helper.from_array((.2 * n.rng.standard_normal((7, 5, 3, 3))).astype('f4'))
    return n.op('Conv', n.x(1, 5, 13, 11), n.op('Constant', value=weight), kernel_shape=[3, 3])


case('conv2d_weight_from_constant_node', constant_weight)


def pool(op, shape, **a):
    return lambda n: n.op(op, n.x(*shape), **a)


case = family('pool')
for op, s in (('MaxPool', 'max_pool'), ('AveragePool', 'average_pool')):
    case(f'{s}2d_2x2_stride2', pool(op, (1, 5, 12, 10), kernel_shape=[2, 2], strides=[2, 2]))
    case(f'{s}2d_3x3', pool(op, (2, 5, 13, 11), kernel_shape=[3, 3]))
    case(f'{s}2d_3x2_stride_2x3', pool(op, (1, 19, 13, 11), kernel_shape=[3, 2], strides=[2, 3]))
    case(f'{s}2d_pads', pool(op, (1, 5, 13, 11), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]))
    case(f'{s}2d_asymmetric_pads', pool(op, (1, 5, 13, 11), kernel_shape=[3, 4], strides=[2, 2], pads=[0, 2, 1, 1]))
    for mode in ('SAME_UPPER', 'SAME_LOWER', 'VALID'):
        case(f'{s}2d_{mode.lower()}', pool(op, (1, 5, 14, 11), kernel_shape=[3, 2], strides=[2, 1], auto_pad=mode))
    case(f'{s}1d', pool(op, (1, 5, 29), kernel_shape=[4], strides=[3], pads=[1, 2]))
    case(f'{s}2d_opset7', pool(op, (1, 5, 13, 11), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 1]), 7)
    case(f'global_{s}2d', pool('Global' + op, (2, 19, 7, 5)))
    case(f'global_{s}1d', pool('Global' + op, (1, 19, 27)))
case('max_pool2d_ceil', pool('MaxPool', (1, 5, 12, 10), kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1))
case('max_pool2d_ceil_pads', pool('MaxPool', (1, 5, 14, 11), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1))
case('max_pool2d_dilation2', pool('MaxPool', (1, 5, 14, 11), kernel_shape=[3, 3], dilations=[2, 2]))
case('max_pool2d_all_negative', lambda n: n.op('MaxPool', n.x(1, 5, 9, 7, low=-9, high=-1), kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
case('average_pool2d_count_include_pad', pool('AveragePool', (1, 5, 13, 11), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1))
case('average_pool2d_asymmetric_pads_count_include_pad', pool('AveragePool', (1, 5, 13, 11), kernel_shape=[3, 4], pads=[0, 2, 1, 1], count_include_pad=1))
case('average_pool2d_ceil', pool('AveragePool', (1, 5, 12, 10), kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1))
# Opset 19 says what a ceil_mode window that reaches beyond the padding counts: the padding, nothing outside of it.
case('average_pool2d_ceil_count_include_pad', pool('AveragePool', (1, 5, 12, 9), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1],
                                                   ceil_mode=1, count_include_pad=1), 19)


def norm(shape, **a):
    def build(n):
        c = shape[1]
        return n.op('BatchNormalization', n.x(*shape), n.w(c, low=.5, high=1.5), n.w(c, scale=.3), n.w(c, scale=.5), n.w(c, low=.2, high=3), **a)
    return build


case = family('norm')
case('batch_norm_4d', norm((2, 7, 5, 9)))
case('batch_norm_3d', norm((1, 7, 13), epsilon=1e-3))
case('batch_norm_2d', norm((3, 13)))
case('batch_norm_4d_opset7', norm((1, 7, 5, 9), epsilon=1e-2), 7)
case('batch_norm_2d_opset9', norm((3, 13), epsilon=1e-2), 9)


def rows(op, *parameters, **k):
    """A norm of rows; each parameter has one of these shapes."""
    return lambda n: n.op(op, n.x(2, 5, 13), *(n.w(*shape, low=.5, high=1.5) for shape in parameters), **k)


case('layer_norm', rows('LayerNormalization', (13,), (13,)))
case('layer_norm_axis_1_no_bias', rows('LayerNormalization', (5, 13), axis=1, epsilon=1e-3))
case('layer_norm_smaller_scale', rows('LayerNormalization', (13,), (5, 1), axis=1))
case('rms_norm_opset23', rows('RMSNormalization', (13,)), 23)
case('rms_norm_axis_1_opset23', rows('RMSNormalization', (5, 13), axis=1, epsilon=1e-3), 23)
case('rms_norm_smaller_scale_opset23', rows('RMSNormalization', (13,), axis=1), 23)


def after_conv(follow, bias=True, channels=11):
    def build(n):
        at = n.op('Conv', n.x(1, 5, 9, 13), n.w(channels, 5, 3, 3, scale=.15), *([n.w(channels, scale=.3)] if bias else []),
                  kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        return follow(n, at)
    return build


def batch_norm(n, at, c=11):
    return n.op('BatchNormalization', at, n.w(c, low=.5, high=1.5), n.w(c, scale=.3), n.w(c, scale=.3), n.w(c, low=.2, high=3))


def relu6(n, at):
    return n.op('Clip', at, n.w(value=np.float32(0)), n.w(value=np.float32(6)))




case = family('fused')
case('fused_conv_relu', after_conv(lambda n, y: n.op('Relu', y)))
case('fused_conv_norm_relu6', after_conv(lambda n, y: relu6(n, batch_norm(n, y))))
case('fused_conv_no_bias_norm', after_conv(batch_norm, bias=False))
case('fused_conv_silu', after_conv(lambda n, y: n.op('Mul', y, n.op('Sigmoid', y))))
case('fused_conv_hard_swish', after_conv(lambda n, y: n.op('HardSwish', y)))
case('fused_conv_prelu', after_conv(lambda n, y: n.op('PRelu', y, n.w(11, 1, 1, low=.05, high=.4))))
case('fused_conv_add_relu', after_conv(lambda n, y: n.op('Relu', n.op('Add', y, n.x(1, 11, 9, 13)))))
case('fused_conv_relu_add', after_conv(lambda n, y: n.op('Add', n.x(1, 11, 9, 13), n.op('Relu', y))))
case('fused_conv_scale_shift', after_conv(lambda n, y: n.op('Add', n.op('Mul', y, n.w(1, 11, 1, 1)), n.w(1, 11, 1, 1))))
case('fused_conv_used_twice', after_conv(lambda n, y: [n.op('Relu', y), n.op('Tanh', y)]))
case('fused_norm_conv', lambda n: n.op('Conv', batch_norm(n, n.x(1, 11, 7, 9)), n.w(5, 11, 3, 3, scale=.1), kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
case('fused_pad_conv', lambda n: n.op('Conv', n.op('Pad', n.x(1, 5, 7, 9), n.ints(0, 0, 1, 2, 0, 0, 0, 1)), n.w(7, 5, 3, 3, scale=.2), kernel_shape=[3, 3]))
case('fused_shuffle_channels', lambda n: n.op('Reshape', n.op('Transpose', n.op('Reshape', n.op('Relu', n.x(1, 6, 5, 7)), n.ints(1, 2, 3, 5, 7)),
                                                                 perm=[0, 2, 1, 3, 4]), n.ints(1, 6, 5, 7)))


def squeeze_excite(n, at):
    s = n.op('Relu', n.op('Conv', n.op('GlobalAveragePool', at), n.w(3, 11, 1, 1, scale=.5), n.w(3), kernel_shape=[1, 1]))
    s = n.op('HardSigmoid', n.op('Conv', s, n.w(11, 3, 1, 1, scale=.5), n.w(11), kernel_shape=[1, 1]), alpha=1 / 6, beta=.5)
    return n.op('Mul', at, s)


case('fused_squeeze_excite', after_conv(squeeze_excite))
