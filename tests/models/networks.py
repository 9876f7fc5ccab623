# SPDX-License-Identifier: MIT
"""Small whole networks: a branching one, and sequence models exported for the whole sequence and for one step."""
import numpy as np

from onnx_builder import Net, run_reference


def branching():
    """Two inputs, two outputs; shared weights, both inputs used twice, an output that is used inside."""
    n = Net('branching')
    image, context = n.x(1, 3, 17, 15, name='image'), n.x(1, 6, name='context')
    same = dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    stem = n.op('Relu', n.op('Conv', image, n.w(8, 3, 3, 3, scale=.3), n.w(8, scale=.1), name='stem', **same))
    shared = n.w(8, 8, 3, 3, scale=.15, name='shared.weight'), n.w(8, scale=.1, name='shared.bias')
    left = n.op('Relu', n.op('Conv', stem, *shared, name='left', **same))
    right = n.op('Conv', n.op('AveragePool', stem, count_include_pad=1, **same), *shared, name='right', **same)
    both = n.op('Concat', left, right, axis=1)
    mixed = n.op('Conv', both, n.w(8, 16, 1, 1, scale=.25), n.w(8, scale=.1), name='mix', kernel_shape=[1, 1])
    skip = n.op('Conv', image, n.w(8, 3, 1, 1, scale=.5), name='skip', kernel_shape=[1, 1])
    total = n.op('Add', n.op('Add', mixed, stem), skip)
    gate = n.op('Sigmoid', n.op('Gemm', context, n.w(8, 6, scale=.5), n.w(8, scale=.5), transB=1, name='gate'))
    features = n.op('Mul', total, n.op('Reshape', gate, n.ints(1, 8, 1, 1)), out='features', name='gated')
    pooled = n.op('Flatten', n.op('GlobalAveragePool', n.op('Relu', features)))
    seen = n.op('Concat', pooled, context, axis=1)
    n.op('Softmax', n.op('Gemm', seen, n.w(5, 14, scale=.5), n.w(5, scale=.1), transB=1, name='head'), axis=1, out='scores')
    return n.out('features', 'scores')


def winograd():
    """3x3 convolutions that take tiles of 4x4 outputs and, behind the pool, of 2x2; in residual blocks with folded normalization."""
    n = Net('winograd')
    n.options = 'WINOGRAD ON'
    block = lambda x, at, out, inputs, **more: n.op('BatchNormalization', n.op('Conv', x, n.w(out, inputs, 3, 3, scale=(9 * inputs) ** -.5), kernel_shape=[3, 3], pads=[1, 1, 1, 1], name=at, **more),
                                                    n.w(out, low=.5, high=1.5), n.w(out, scale=.1), n.w(out, scale=.1), n.w(out, low=.5, high=1.5))
    x = n.op('Relu', block(n.x(1, 3, 38, 30, name='image'), 'stem', 20, 3))
    x = n.op('Relu', n.op('Add', x, block(n.op('Relu', block(x, 'left', 33, 20)), 'right', 20, 33)))
    x = n.op('Relu', block(n.op('MaxPool', x, kernel_shape=[5, 5], strides=[5, 5]), 'small', 40, 20))
    n.op('Gemm', n.op('Flatten', n.op('GlobalAveragePool', x)), n.w(7, 40, scale=.3), n.w(7, scale=.1), transB=1, out='scores')
    n.op('Sigmoid', x, out='features')
    return n.out('scores', 'features')


FEATURES, STEPS, MIDDLE = 13, 20, 7


def stream(kind, steps):
    """kind gru: 40 cells, reset after the product as PyTorch's, MatMul head. kind lstm: 24 cells, Gemm head."""
    hidden, classes, gates = (40, 7, 3) if kind == 'gru' else (24, 5, 4)
    n = Net(f'{kind}_stream_weights')  # the name seeds: both exports have the same weights
    n.name = f'{kind}_stream_{"step" if steps == 1 else "sequence"}'
    scale = 1 / np.sqrt(hidden)
    w = n.w(1, gates * hidden, FEATURES, name='weight', scale=1.5 * scale)
    r = n.w(1, gates * hidden, hidden, name='recurrence', scale=scale)
    b = n.w(1, 2 * gates * hidden, name='bias', scale=scale)
    head, bias = n.w(hidden, classes, name='head.weight', scale=.5), n.w(classes, name='head.bias', scale=.1)
    frames = n.x(STEPS, 1, FEATURES, name='frames')
    n.inputs['frames'] = n.inputs['frames'][:steps]
    h = n.x(name='h', value=np.zeros((1, 1, hidden), 'f4'))
    if kind == 'gru':
        y, _ = n.op('GRU', frames, w, r, b, '', h, out=['y', 'h_next'], hidden_size=hidden, linear_before_reset=1)
        y = n.op('Squeeze', y, n.ints(1))
        n.op('Add', n.op('MatMul', y, head), bias, out='scores')
        return n.out('scores', 'h_next')
    c = n.x(name='c', value=np.zeros((1, 1, hidden), 'f4'))
    y, _, _ = n.op('LSTM', frames, w, r, b, '', h, c, out=['y', 'h_next', 'c_next'], hidden_size=hidden)
    flat = n.op('Gemm', n.op('Reshape', y, n.ints(-1, hidden)), head, bias)
    n.op('Reshape', flat, n.ints(-1, 1, classes), out='scores')
    return n.out('scores', 'h_next', 'c_next')


def stream_step(kind):
    """One step in the middle of the sequence: the state is what the first MIDDLE frames leave."""
    whole, step = stream(kind, STEPS), stream(kind, 1)
    frames = whole.inputs['frames']
    first = stream(kind, STEPS)
    first.inputs['frames'] = frames[:MIDDLE]
    state = run_reference(first)[0][1:]
    step.inputs['frames'] = frames[MIDDLE:MIDDLE + 1]
    for name, value in zip(['h', 'c'], state):
        step.inputs[name] = value.astype('f4')
    return step


def all_networks():
    return {'branching': branching, 'winograd': winograd,
            'gru_stream_sequence': lambda: stream('gru', STEPS), 'gru_stream_step': lambda: stream_step('gru'),
            'lstm_stream_sequence': lambda: stream('lstm', STEPS), 'lstm_stream_step': lambda: stream_step('lstm')}
