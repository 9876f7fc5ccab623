# SPDX-License-Identifier: MIT
"""Outputs by plain NumPy from the operator's text, for cases where onnx.reference 1.23 fails or departs from that text."""
import numpy as np


def softmax_flattened(axis):
    """Before opset 13 the input is seen as a matrix, split before `axis`, and each row is one softmax."""
    def f(v):
        x = v['x0'].astype('f8')
        rows = x.reshape(int(np.prod(x.shape[:axis])), -1)
        e = np.exp(rows - rows.max(1, keepdims=True))
        return (e / e.sum(1, keepdims=True)).reshape(x.shape)
    return f


def batch_norm(epsilon):
    """Before opset 14 the reference mixes the batch's own mean and variance in, as in training; before 9 it refuses."""
    def f(v):
        x = v['x0'].astype('f8')
        gamma, beta, mean, var = (v[f'w{i}'].reshape([-1] + [1] * (x.ndim - 2)) for i in range(4))
        return gamma * (x - mean) / np.sqrt(var + epsilon) + beta
    return f


def max_pool_same_lower(v):
    """Kernel 3x2, stride 2x1: 14 rows need 7 windows, 1 row of padding, in front; 11 columns need 11, 1 column, in front."""
    x = np.pad(v['x0'], ((0, 0), (0, 0), (1, 0), (1, 0)), constant_values=-np.inf)
    return np.lib.stride_tricks.sliding_window_view(x, (3, 2), axis=(2, 3))[:, :, ::2].max((-1, -2))


def pad_negative(v):
    """pads 0 0 -1 2 | 0 0 1 -2: a row less in front and one more behind, two columns more in front and two fewer behind."""
    x = v['x0'][:, :, 1:, :-2]
    return np.pad(x, ((0, 0), (0, 0), (0, 1), (2, 0)))


# case -> function of the inputs and weights by name
SETTLED = {'softmax_default_opset7': softmax_flattened(1), 'softmax_axis_2_opset7': softmax_flattened(2),
           'batch_norm_4d_opset7': batch_norm(1e-2), 'batch_norm_2d_opset9': batch_norm(1e-2),
           'max_pool2d_same_lower': max_pool_same_lower, 'pad_negative': pad_negative,
           'global_max_pool1d': lambda v: v['x0'].max(2, keepdims=True)}
