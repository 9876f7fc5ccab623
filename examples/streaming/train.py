#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the row reader: an LSTM that sees a digit row by row and says after each row what it takes it for.

Writes rows.onnx (rows, h, c -> scores, h_next, c_next; the number of rows is the dimension "steps") and reader.f32, the same
weights as plain little-endian floats for the network that is written by hand. Data, split and held-out images are those of
../digits/train.py. Needs numpy, onnx and the data, as that does. About ten seconds on one core.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'digits'))
from train import np, pixels, read_digits, shifted, split  # first: it settles NumPy's threads
from layers import Adam, Dense, Layer, softmax

HERE = os.path.dirname(os.path.abspath(__file__))
HIDDEN, ROWS = 32, 8
# What a wrong guess costs after each row: the last one decides, but the first ones should be good, too.
COST = np.linspace(0.2, 1, ROWS).astype('f4') ** 2


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Lstm(Layer):
    """ONNX's LSTM with one bias: gates i, o, f, c. x [steps, batch, inputs] -> h [steps, batch, hidden]."""

    def __init__(self, rng, inputs, hidden):
        super().__init__()
        draw = lambda *shape: rng.normal(0, 1 / np.sqrt(shape[-1]), shape).astype('f4')
        self.params = {'w': draw(4 * hidden, inputs), 'r': draw(4 * hidden, hidden), 'b': np.zeros(4 * hidden, 'f4')}
        self.params['b'][2 * hidden:3 * hidden] = 1  # remembers at first

    def forward(self, x):
        w, r, b = (self.params[k] for k in 'wrb')
        n = r.shape[1]
        h = c = np.zeros((x.shape[1], n), 'f4')
        self.x, self.seen, out = x, [], []
        for row in x:
            i, o, f, g = np.split(row @ w.T + h @ r.T + b, 4, 1)
            i, o, f, g = sigmoid(i), sigmoid(o), sigmoid(f), np.tanh(g)
            before, c = (h, c), f * c + i * g
            t = np.tanh(c)
            h = o * t
            self.seen.append((before, i, o, f, g, t))
            out.append(h)
        return np.stack(out)

    def backward(self, dy):
        w, r = self.params['w'], self.params['r']
        self.grads = {k: np.zeros_like(v) for k, v in self.params.items()}
        dh = dc = 0
        for k in reversed(range(len(dy))):
            (h, c), i, o, f, g, t = self.seen[k]
            dh = dh + dy[k]
            dc = dc + dh * o * (1 - t * t)
            d = np.concatenate([dc * g * i * (1 - i), dh * t * o * (1 - o), dc * c * f * (1 - f), dc * i * (1 - g * g)], 1)
            self.grads['w'] += d.T @ self.x[k]
            self.grads['r'] += d.T @ h
            self.grads['b'] += d.sum(0)
            dh, dc = d @ r, dc * f


def forward(lstm, head, images):
    """-> what it takes each image for after each row: [rows, images, 10]"""
    h = lstm.forward(images.reshape(-1, ROWS, 8).transpose(1, 0, 2))
    return softmax(head.forward(h.reshape(-1, HIDDEN), False)).reshape(ROWS, -1, 10)


def train(lstm, head, x, y, rng, epochs, batch, rate, decay):
    adam, steps = Adam([lstm, head], decay), len(x) // batch
    for epoch in range(epochs):
        order, right = rng.permutation(len(x)), 0
        for i in range(steps):
            pick = order[i * batch:(i + 1) * batch]
            p = forward(lstm, head, shifted(x[pick], rng))
            right += int((p[-1].argmax(1) == y[pick]).sum())
            p[:, np.arange(batch), y[pick]] -= 1
            lstm.backward(head.backward((p * COST[:, None, None] / batch).reshape(-1, 10)).reshape(ROWS, batch, HIDDEN))
            adam.step(rate * 0.5 * (1 + np.cos(np.pi * (epoch + i / steps) / epochs)))
        if epoch % 10 == 9:
            print(f'epoch {epoch + 1:3} of {epochs}  {right / (steps * batch):7.2%} of the shifted images', flush=True)


def weights(lstm, head):
    """Names as in the network by hand; ONNX has a second bias of the recurrence, here zeros."""
    b = np.concatenate([lstm.params['b'], np.zeros_like(lstm.params['b'])])
    return {'weight': lstm.params['w'][None], 'recurrence': lstm.params['r'][None], 'bias': b[None],
            'head.weight': head.params['w'], 'head.bias': head.params['b']}


def export(values, path):
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    tensor = lambda name, *dims: helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)
    constants = [numpy_helper.from_array(np.ascontiguousarray(v), k) for k, v in values.items()]
    constants.append(numpy_helper.from_array(np.array([-1, HIDDEN]), 'flat'))
    nodes = [helper.make_node('LSTM', ['rows', 'weight', 'recurrence', 'bias', '', 'h', 'c'], ['seen', 'h_next', 'c_next'], 'lstm', hidden_size=HIDDEN),
             helper.make_node('Reshape', ['seen', 'flat'], ['features'], 'flatten'),
             helper.make_node('Gemm', ['features', 'head.weight', 'head.bias'], ['logits'], 'head', transB=1),
             helper.make_node('Softmax', ['logits'], ['scores'], 'softmax', axis=1)]
    graph = helper.make_graph(nodes, 'rows', [tensor('rows', 'steps', 1, 8), tensor('h', 1, 1, HIDDEN), tensor('c', 1, 1, HIDDEN)],
                              [tensor('scores', 'steps', 10), tensor('h_next', 1, 1, HIDDEN), tensor('c_next', 1, 1, HIDDEN)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8, producer_name='examples/streaming/train.py',
                              doc_string='Reads a handwritten digit row by row: pixels 0..1, top row first; h and c start as zeros.')
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def check(path, x, expected):
    try:
        import onnxruntime
    except ImportError:
        print('onnxruntime is not installed: the written file is not checked')
        return
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    zero = np.zeros((1, 1, HIDDEN), 'f4')
    scores = np.stack([session.run(None, {'rows': i.reshape(ROWS, 1, 8), 'h': zero, 'c': zero})[0] for i in x], 1)
    worst = float(np.abs(scores - expected).max())
    print(f'onnxruntime: largest difference of a score {worst:.1e}')
    if not worst < 1e-4:
        sys.exit('train.py: the written file does not compute what was trained')


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--data', metavar='FILE', help="scikit-learn's digits.csv.gz (default: from the installed scikit-learn)")
    p.add_argument('--out', metavar='DIR', default=HERE, help='where rows.onnx and reader.f32 go (default: beside this file)')
    p.add_argument('--epochs', type=int, default=120)
    p.add_argument('--batch', type=int, default=32)
    p.add_argument('--rate', type=float, default=4e-3, help='first learning rate, it falls to 0 along a cosine')
    p.add_argument('--decay', type=float, default=1e-2, help='weight decay')
    p.add_argument('--seed', type=int, default=1)
    o = p.parse_args()
    images, labels = read_digits(o.data)
    learn, held = split(labels)
    rng = np.random.default_rng(o.seed)
    lstm, head = Lstm(rng, 8, HIDDEN), Dense(rng, HIDDEN, 10)
    train(lstm, head, pixels(images[learn]), labels[learn], rng, o.epochs, o.batch, o.rate, o.decay)
    scores = forward(lstm, head, pixels(images[held]))
    for k, p_row in enumerate(scores):
        print(f'after row {k + 1}: {(p_row.argmax(1) == labels[held]).mean():7.2%} of {len(held)} held-out images')
    values = weights(lstm, head)
    os.makedirs(o.out, exist_ok=True)
    export(values, f'{o.out}/rows.onnx')
    np.concatenate([v.ravel() for v in values.values()]).astype('<f4').tofile(f'{o.out}/reader.f32')
    check(f'{o.out}/rows.onnx', pixels(images[held]), scores)


if __name__ == '__main__':
    main()
