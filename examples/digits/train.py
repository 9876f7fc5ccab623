#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the digit network on the 8x8 handwritten digits and writes digits.onnx and holdout.csv beside this file.

The data are the UCI "Optical Recognition of Handwritten Digits" images in the form that scikit-learn ships (1,797 images of
8x8 pixels, 0..16). 360 of them, 36 or so of each digit, are held out: they are never trained on and nothing is chosen by them.

Needs numpy and onnx, and the data: `pip install scikit-learn`, or --data with its digits.csv.gz. With onnxruntime installed
the written file is checked against it. About 20 seconds on one core.
"""
import argparse
import gzip
import importlib.util
import os
import sys
import time

os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')  # the order of sums, and so the weights, must not depend on the cores
import numpy as np

from layers import Adam, BatchNorm, Conv, Dense, Flatten, MaxPool, Relu, softmax

HERE = os.path.dirname(os.path.abspath(__file__))
HELD_OUT, SPLIT_SEED = 360, 2024  # part of the committed files' meaning: another split needs another holdout.csv


def read_digits(path):
    """-> images uint8 [n, 64] with values 0..16, labels uint8 [n]"""
    if path is None:
        spec = importlib.util.find_spec('sklearn')
        if spec is None:
            sys.exit('train.py: no data: pip install scikit-learn, or give its sklearn/datasets/data/digits.csv.gz with --data')
        path = os.path.join(os.path.dirname(spec.origin), 'datasets', 'data', 'digits.csv.gz')
    try:
        with gzip.open(path, 'rt') as f:
            table = np.array([line.split(',') for line in f], dtype=int)
    except (OSError, ValueError) as e:
        sys.exit(f'train.py: {path}: {e}')
    if table.ndim != 2 or table.shape[1] != 65 or table.min() < 0 or table[:, :64].max() > 16 or table[:, 64].max() > 9:
        sys.exit(f'train.py: {path} is not the digits table: rows of 64 pixels 0..16 and a label 0..9 are expected')
    return table[:, :64].astype('u1'), table[:, 64].astype('u1')


def split(labels):
    """-> indices to train on, indices held out; each digit is held out in proportion."""
    rng = np.random.default_rng(SPLIT_SEED)
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind='stable')]
    pick = np.zeros(len(labels), bool)
    pick[np.linspace(0, len(labels) - 1, HELD_OUT).round().astype(int)] = True
    return rng.permutation(order[~pick]), rng.permutation(order[pick])


def pixels(images):
    return (images.astype('f4') / 16).reshape(-1, 1, 8, 8)


def shifted(x, rng):
    """Each image moved by -1, 0 or 1 pixels along both axes."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    move = rng.integers(0, 3, (len(x), 2))
    return np.stack([padded[i, :, a:a + 8, b:b + 8] for i, (a, b) in enumerate(move)])


def network(rng):
    return [Conv(rng, 1, 16), BatchNorm(16), Relu(), Conv(rng, 16, 32), BatchNorm(32), Relu(), MaxPool(),
            Flatten(), Dense(rng, 32 * 4 * 4, 64), Relu(), Dense(rng, 64, 10)]


def forward(net, x, train=False):
    for layer in net:
        x = layer.forward(x, train)
    return softmax(x)


def train(net, x, y, rng, epochs, batch, rate, decay):
    adam, steps, t0 = Adam(net, decay), len(x) // batch, time.time()
    for epoch in range(epochs):
        order, loss, right = rng.permutation(len(x)), 0., 0
        for i in range(steps):
            pick = order[i * batch:(i + 1) * batch]
            p = forward(net, shifted(x[pick], rng), True)
            loss -= float(np.log(np.maximum(p[np.arange(batch), y[pick]], 1e-12)).mean()) / steps
            right += int((p.argmax(1) == y[pick]).sum())
            dy = p
            dy[np.arange(batch), y[pick]] -= 1
            dy /= batch
            for layer in reversed(net):
                dy = layer.backward(dy)
            adam.step(rate * 0.5 * (1 + np.cos(np.pi * (epoch + i / steps) / epochs)))
        print(f'epoch {epoch + 1:3} of {epochs}  loss {loss:.4f}  {right / (steps * batch):7.2%} of the shifted images  '
              f'{time.time() - t0:5.1f} s', flush=True)


def export(net, path):
    """Batch normalization stays a node of its own: folding it is the importer's work."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    nodes, weights, at, count = [], [], 'pixels', {}

    def add(op, stem, params=(), **attributes):
        nonlocal at
        count[stem] = count.get(stem, 0) + 1
        name = f'{stem}{count[stem]}'
        for key, value in params:
            weights.append(numpy_helper.from_array(np.ascontiguousarray(value, 'f4'), f'{name}.{key}'))
        out = 'scores' if op == 'Softmax' else f'{name}.out'
        nodes.append(helper.make_node(op, [at] + [f'{name}.{k}' for k, _ in params], [out], name, **attributes))
        at = out

    for layer in net:
        p = layer.params
        if isinstance(layer, Conv):
            add('Conv', 'conv', [('weight', p['w']), ('bias', p['b'])], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        elif isinstance(layer, BatchNorm):
            add('BatchNormalization', 'norm', [('gamma', p['gamma']), ('beta', p['beta']), ('mean', layer.mean), ('var', layer.var)],
                epsilon=layer.eps)
        elif isinstance(layer, Relu):
            add('Relu', 'relu')
        elif isinstance(layer, MaxPool):
            add('MaxPool', 'pool', kernel_shape=[2, 2], strides=[2, 2])
        elif isinstance(layer, Flatten):
            add('Flatten', 'flatten')
        else:
            add('Gemm', 'dense', [('weight', p['w']), ('bias', p['b'])], transB=1)
    add('Softmax', 'softmax', axis=1)
    graph = helper.make_graph(nodes, 'digits', [helper.make_tensor_value_info('pixels', TensorProto.FLOAT, [1, 1, 8, 8])],
                              [helper.make_tensor_value_info('scores', TensorProto.FLOAT, [1, 10])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8, producer_name='examples/digits/train.py',
                              doc_string='Reads a handwritten digit: pixels 0..1, row-major, ink is high; scores add up to 1.')
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def check(path, x, expected):
    """-> what onnxruntime scores; stops where it differs from `expected`."""
    try:
        import onnxruntime
    except ImportError:
        print('onnxruntime is not installed: the written file is not checked')
        return
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    scores = np.concatenate([session.run(None, {'pixels': image[None]})[0] for image in x])
    worst = float(np.abs(scores - expected).max())
    print(f'onnxruntime: largest difference of a score {worst:.1e}')
    if not worst < 1e-4:
        sys.exit('train.py: the written file does not compute what was trained')


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--data', metavar='FILE', help="scikit-learn's digits.csv.gz (default: from the installed scikit-learn)")
    p.add_argument('--out', metavar='DIR', default=HERE, help='where digits.onnx and holdout.csv go (default: beside this file)')
    p.add_argument('--epochs', type=int, default=60)
    p.add_argument('--batch', type=int, default=32)
    p.add_argument('--rate', type=float, default=2e-3, help='first learning rate, it falls to 0 along a cosine')
    p.add_argument('--decay', type=float, default=1e-2, help='weight decay')
    p.add_argument('--seed', type=int, default=1, help='of the weights, the order and the shifts; the split is fixed')
    o = p.parse_args()
    images, labels = read_digits(o.data)
    learn, held = split(labels)
    print(f'{len(learn)} images to train on, {len(held)} held out')
    rng = np.random.default_rng(o.seed)
    net = network(rng)
    train(net, pixels(images[learn]), labels[learn], rng, o.epochs, o.batch, o.rate, o.decay)
    scores = forward(net, pixels(images[held]))
    right = int((scores.argmax(1) == labels[held]).sum())
    print(f'held-out accuracy: {right} of {len(held)}, {right / len(held):.2%}')
    os.makedirs(o.out, exist_ok=True)
    export(net, f'{o.out}/digits.onnx')
    np.savetxt(f'{o.out}/holdout.csv', np.column_stack([images[held], labels[held]]), '%d', ',')
    check(f'{o.out}/digits.onnx', pixels(images[held]), scores)
    print(f'wrote digits.onnx ({os.path.getsize(f"{o.out}/digits.onnx")} bytes) and holdout.csv')


if __name__ == '__main__':
    main()
