# SPDX-License-Identifier: MIT
"""The architectures of the suite, as torchvision and PyTorch export them, with made-up weights.

Each function returns an onnx_builder.Net and the outputs in double. A Value goes through the network under construction: its name in
the graph beside what it is, computed at once. Image networks carry a second picture along, so that the batch norms get the mean and
variance that they see; without that, activations vanish or blow up over fifty layers.
"""
from math import erf

import numpy as np

from mobilenet_v2 import images
from onnx_builder import Net


class Value:
    def __init__(self, name, exact):
        self.name, self.exact = name, exact


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def mlp(name, sizes, batch):
    net = Net(name, 16)
    x = Value(net.x(batch, sizes[0], name='input'), None)
    x.exact = net.inputs['input'].astype('f8')
    for i, (c, o) in enumerate(zip(sizes, sizes[1:])):
        w, b = net.w(o, c, name=f'{i}.weight', scale=np.sqrt(2 / c)), net.w(o, name=f'{i}.bias', scale=.1)
        last = i + 2 == len(sizes)
        x = Value(net.op('Gemm', x.name, w, b, transB=1, name=f'dense{i}', out='output' if last else 1),
                  x.exact @ net.weights[w].astype('f8').T + net.weights[b])
        if not last:
            x = Value(net.op('Relu', x.name), np.maximum(x.exact, 0))
    return net.out('output'), [x.exact]


def lstm_step(hidden=40):
    """State in and out, as a streaming user exports it."""
    net = Net('lstm_step', 16)
    scale = 1 / np.sqrt(hidden)
    x, h, c = net.x(1, 1, 1, name='input'), net.x(1, 1, hidden, name='h', scale=.3), net.x(1, 1, hidden, name='c', scale=.3)
    w, r = net.w(1, 4 * hidden, 1, name='weight', scale=scale), net.w(1, 4 * hidden, hidden, name='recurrence', scale=scale)
    b = net.w(1, 8 * hidden, name='bias', scale=scale)
    head, bias = net.w(1, hidden, name='head.weight', scale=.5), net.w(1, name='head.bias', scale=.1)
    _, _, _ = net.op('LSTM', x, w, r, b, '', h, c, out=['y', 'h_next', 'c_next'], hidden_size=hidden)
    net.op('Gemm', net.op('Reshape', 'h_next', net.ints(1, hidden)), head, bias, transB=1, out='output')
    v = {k: a.astype('f8') for k, a in {**net.inputs, **net.weights}.items()}
    gates = v['weight'][0] @ v['input'].ravel() + v['recurrence'][0] @ v['h'].ravel() + v['bias'][0, :4 * hidden] + v['bias'][0, 4 * hidden:]
    i, o, f, g = np.split(gates, 4)  # ONNX: input, output, forget, cell
    cell = sigmoid(f) * v['c'].ravel() + sigmoid(i) * np.tanh(g)
    out = sigmoid(o) * np.tanh(cell)
    return net.out('output', 'h_next', 'c_next'), [(v['head.weight'] @ out + v['head.bias'])[None], out[None, None], cell[None, None]]


def conv1d_block(layers=10, channels=16, block=64, taps=3):
    """Causal convolutions with dilation 1, 2, 4 ...; each gets its history as an input and gives the next one."""
    net = Net('conv1d_block', 16)
    x = Value(net.x(1, 1, block, name='input'), net.inputs['input'].astype('f8'))
    histories = []
    for i in range(layers):
        c, dilation = x.exact.shape[1], 2 ** i
        reach = (taps - 1) * dilation
        history = net.x(1, c, reach, name=f'history{i}', scale=.5)
        w, b = net.w(channels, c, taps, name=f'{i}.weight', scale=1 / np.sqrt(c * taps)), net.w(channels, name=f'{i}.bias', scale=.1)
        whole = np.concatenate([net.inputs[history].astype('f8'), x.exact], 2)
        joined = net.op('Concat', history, x.name, axis=2)
        net.op('Slice', joined, net.ints(block), net.ints(block + reach), net.ints(2), out=f'history{i}_next')
        histories.append(whole[:, :, block:])
        y = net.op('Conv', joined, w, b, kernel_shape=[taps], dilations=[dilation], name=f'conv{i}')
        weight = net.weights[w].astype('f8')
        exact = sum(np.einsum('oc,nct->not', weight[:, :, k], whole[:, :, k * dilation:k * dilation + block]) for k in range(taps))
        x = Value(net.op('Tanh', y), np.tanh(exact + net.weights[b].astype('f8')[None, :, None]))
    w, b = net.w(1, channels, 1, name='head.weight', scale=.3), net.w(1, name='head.bias', scale=.1)
    net.op('Conv', x.name, w, b, kernel_shape=[1], out='output')
    y = np.einsum('oc,nct->not', net.weights[w][:, :, 0].astype('f8'), x.exact) + net.weights[b].astype('f8')[None, :, None]
    return net.out('output', *[f'history{i}_next' for i in range(layers)]), [y, *histories]


def encoder(layers=6, width=384, heads=12, ffn=1536, seq=128):
    """BERT's encoder without its embeddings: layer norm after each residual, GELU with erf, all decomposed as exporters do."""
    net = Net('encoder', 16)
    scale = 1 / np.sqrt(width)
    x = Value(net.x(1, seq, width, name='input'), net.inputs['input'].astype('f8'))
    numbers = {k: net.w(name=k, value=np.float32(v)) for k, v in {'two': 2, 'epsilon': 1e-5, 'root_two': np.sqrt(2), 'one': 1, 'half': .5, 'heads_root': np.sqrt(width / heads)}.items()}
    shape = {k: net.ints(*v) for k, v in {'split': (1, seq, heads, width // heads), 'join': (1, seq, width)}.items()}

    def dense(v, name, out, scale=scale):
        w, b = net.w(v.exact.shape[-1], out, name=f'{name}.weight', scale=scale), net.w(out, name=f'{name}.bias', scale=.02)
        return Value(net.op('Add', net.op('MatMul', v.name, w), b), v.exact @ net.weights[w].astype('f8') + net.weights[b].astype('f8'))

    def norm(v, name):
        gamma, beta = net.w(width, name=f'{name}.gamma', low=.8, high=1.2), net.w(width, name=f'{name}.beta', scale=.05)
        centred = net.op('Sub', v.name, net.op('ReduceMean', v.name, axes=[-1]))
        variance = net.op('ReduceMean', net.op('Pow', centred, numbers['two']), axes=[-1])
        scaled = net.op('Div', centred, net.op('Sqrt', net.op('Add', variance, numbers['epsilon'])))
        d = v.exact - v.exact.mean(-1, keepdims=True)
        return Value(net.op('Add', net.op('Mul', scaled, gamma), beta),
                     d / np.sqrt((d * d).mean(-1, keepdims=True) + 1e-5) * net.weights[gamma].astype('f8') + net.weights[beta].astype('f8'))

    def add(a, b, **kw):
        return Value(net.op('Add', a.name, b.name, **kw), a.exact + b.exact)

    def attention(v, name):
        q, k, u = (dense(v, f'{name}.{n}', width) for n in 'qkv')
        split = lambda t, perm: Value(net.op('Transpose', net.op('Reshape', t.name, shape['split']), perm=perm),
                                      t.exact.reshape(1, seq, heads, width // heads).transpose(perm))
        q, k, u = split(q, (0, 2, 1, 3)), split(k, (0, 2, 3, 1)), split(u, (0, 2, 1, 3))
        scores = Value(net.op('Div', net.op('MatMul', q.name, k.name), numbers['heads_root']), q.exact @ k.exact / np.sqrt(width / heads))
        e = np.exp(scores.exact - scores.exact.max(-1, keepdims=True))
        p = Value(net.op('Softmax', scores.name, axis=-1), e / e.sum(-1, keepdims=True))
        y = Value(net.op('Transpose', net.op('MatMul', p.name, u.name), perm=[0, 2, 1, 3]), (p.exact @ u.exact).transpose(0, 2, 1, 3))
        return dense(Value(net.op('Reshape', y.name, shape['join']), y.exact.reshape(1, seq, width)), f'{name}.out', width)

    def gelu(v):
        inner = net.op('Add', net.op('Erf', net.op('Div', v.name, numbers['root_two'])), numbers['one'])
        return Value(net.op('Mul', net.op('Mul', v.name, inner), numbers['half']), v.exact * .5 * (1 + np.vectorize(erf)(v.exact / np.sqrt(2))))

    for i in range(layers):
        x = norm(add(x, attention(x, f'{i}.attention')), f'{i}.norm1')
        x = norm(add(x, dense(gelu(dense(x, f'{i}.up', ffn)), f'{i}.down', width, 1 / np.sqrt(ffn))), f'{i}.norm2')
    net.op('Identity', x.name, out='output')
    return net.out('output'), [x.exact]


def convolve(x, w, stride, pad, groups):
    n, c, h, _ = x.shape
    k, out = w.shape[2], (h + 2 * pad - w.shape[2]) // stride + 1
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    y = np.zeros((n, w.shape[0], out, out))
    for i in range(k):
        for j in range(k):
            part = x[:, :, i:i + stride * out:stride, j:j + stride * out:stride][:, :, :out, :out]
            if groups == c:
                y += part * w[None, :, 0, i, j, None, None]
            else:
                y += np.matmul(w[:, :, i, j], part.reshape(n, c, -1)).reshape(y.shape)
    return y


class Images:
    """Builds an image network layer by layer."""

    def __init__(self, name, size=224):
        self.net = Net(name, 16)
        both = images(self.net.rng, 2, size)
        self.input = Value(self.net.x(name='input', value=both[:1]), both.astype('f8'))

    def conv(self, v, name, out, k=1, stride=1, groups=1, pad=None, norm=True, activation=None):
        net, c, pad = self.net, v.exact.shape[1], k // 2 if pad is None else pad
        w = net.w(out, c // groups, k, k, name=f'{name}.weight', scale=np.sqrt(2 / (c // groups * k * k)))
        y = convolve(v.exact, net.weights[w].astype('f8'), stride, pad, groups)
        attributes = dict(kernel_shape=[k, k], strides=[stride, stride], pads=[pad] * 4, group=groups, name=name)
        ch = np.s_[None, :, None, None]
        if not norm:
            b = net.w(out, name=f'{name}.bias', scale=.1)
            y = Value(net.op('Conv', v.name, w, b, **attributes), y + net.weights[b].astype('f8')[ch])
        else:
            mean, var = y.mean((0, 2, 3)), y.var((0, 2, 3))
            var = np.maximum(var, .05 * var.mean())  # a channel that hardly moves must not be blown up to unit variance
            gamma, beta = net.w(out, name=f'{name}.gamma', low=.6, high=1.4), net.w(out, name=f'{name}.beta', scale=.3)
            m, s = net.w(name=f'{name}.mean', value=mean.astype('f4')), net.w(name=f'{name}.var', value=var.astype('f4'))
            at = {k: net.weights[k].astype('f8')[ch] for k in (gamma, beta, m, s)}
            y = Value(net.op('BatchNormalization', net.op('Conv', v.name, w, **attributes), gamma, beta, m, s, epsilon=1e-5, name=f'{name}.norm'),
                      (y - at[m]) / np.sqrt(at[s] + 1e-5) * at[gamma] + at[beta])
        return y if activation is None else getattr(self, activation)(y)

    def relu(self, v):
        return Value(self.net.op('Relu', v.name), np.maximum(v.exact, 0))

    def silu(self, v):
        return Value(self.net.op('Mul', v.name, self.net.op('Sigmoid', v.name)), v.exact * sigmoid(v.exact))

    def add(self, a, b):
        return Value(self.net.op('Add', a.name, b.name), a.exact + b.exact)

    def max_pool(self, v, pad, up=False):
        h = v.exact.shape[2]
        out = -(-(h + 2 * pad - 3) // 2) + 1 if up else (h + 2 * pad - 3) // 2 + 1
        behind = (out - 1) * 2 + 3 - h - pad
        x = np.pad(v.exact, ((0, 0), (0, 0), (pad, max(behind, 0)), (pad, max(behind, 0))), constant_values=-np.inf)
        y = np.maximum.reduce([x[:, :, i:i + 2 * out:2, j:j + 2 * out:2][:, :, :out, :out] for i in range(3) for j in range(3)])
        return Value(self.net.op('MaxPool', v.name, kernel_shape=[3, 3], strides=[2, 2], pads=[pad] * 4, ceil_mode=int(up)), y)

    def pool(self, v):
        return Value(self.net.op('GlobalAveragePool', v.name), v.exact.mean((2, 3), keepdims=True))

    def squeeze_excite(self, v, name, middle):
        s = self.conv(self.conv(self.pool(v), f'{name}.reduce', middle, norm=False, activation='silu'), f'{name}.expand', v.exact.shape[1], norm=False)
        gate = Value(self.net.op('Sigmoid', s.name), sigmoid(s.exact))
        return Value(self.net.op('Mul', gate.name, v.name), gate.exact * v.exact)

    def classify(self, v, classes=1000):
        pooled = self.pool(v)
        v = Value(self.net.op('Flatten', pooled.name, axis=1), pooled.exact[:, :, 0, 0])
        w, b = self.net.w(classes, v.exact.shape[1], name='classifier.weight', scale=.05), self.net.w(classes, name='classifier.bias', scale=.05)
        self.net.op('Gemm', v.name, w, b, transB=1, out='output')
        return self.done(v.exact @ self.net.weights[w].astype('f8').T + self.net.weights[b].astype('f8'))

    def done(self, exact):
        return self.net.out('output'), [exact[:1]]


def squeezenet():
    """SqueezeNet 1.1 (Iandola et al. 2016)."""
    m = Images('squeezenet_1_1')

    def fire(v, name, squeeze, out):
        v = m.conv(v, f'{name}.squeeze', squeeze, norm=False, activation='relu')
        a, b = (m.conv(v, f'{name}.expand{k}', out, k, norm=False, activation='relu') for k in (1, 3))
        return Value(m.net.op('Concat', a.name, b.name, axis=1), np.concatenate([a.exact, b.exact], 1))

    v = m.max_pool(m.conv(m.input, 'stem', 64, 3, 2, pad=0, norm=False, activation='relu'), 0, up=True)
    v = m.max_pool(fire(fire(v, 'fire1', 16, 64), 'fire2', 16, 64), 0, up=True)
    v = m.max_pool(fire(fire(v, 'fire3', 32, 128), 'fire4', 32, 128), 0, up=True)
    for i, (squeeze, out) in enumerate(((48, 192), (48, 192), (64, 256), (64, 256))):
        v = fire(v, f'fire{5 + i}', squeeze, out)
    v = m.pool(m.conv(v, 'classifier', 1000, norm=False, activation='relu'))
    m.net.op('Flatten', v.name, axis=1, out='output')
    return m.done(v.exact[:, :, 0, 0])


def resnet(name, depths, bottleneck):
    """ResNet (He et al. 2015), the stride of a bottleneck in its 3x3 convolution, as torchvision has it."""
    m = Images(name)
    v = m.max_pool(m.conv(m.input, 'stem', 64, 7, 2, activation='relu'), 1)
    for stage, depth in enumerate(depths):
        width = 64 << stage
        out = width * (4 if bottleneck else 1)
        for i in range(depth):
            at, stride = f'layer{stage + 1}.{i}', 2 if i == 0 and stage > 0 else 1
            if bottleneck:
                y = m.conv(v, f'{at}.conv1', width, activation='relu')
                y = m.conv(m.conv(y, f'{at}.conv2', width, 3, stride, activation='relu'), f'{at}.conv3', out)
            else:
                y = m.conv(m.conv(v, f'{at}.conv1', width, 3, stride, activation='relu'), f'{at}.conv2', out, 3)
            same = stride == 1 and v.exact.shape[1] == out
            v = m.relu(m.add(y, v if same else m.conv(v, f'{at}.downsample', out, 1, stride)))
    return m.classify(v)


def efficientnet_b0():
    """EfficientNet-B0 (Tan and Le 2019): inverted residuals with squeeze and excitation."""
    m = Images('efficientnet_b0')
    v = m.conv(m.input, 'stem', 32, 3, 2, activation='silu')
    blocks = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1))
    for stage, (expansion, k, stride, out, repeats) in enumerate(blocks):
        for i in range(repeats):
            at, c, step = f'stage{stage + 1}.{i}', v.exact.shape[1], stride if i == 0 else 1
            y = m.conv(v, f'{at}.expand', c * expansion, activation='silu') if expansion > 1 else v
            y = m.conv(y, f'{at}.depthwise', c * expansion, k, step, c * expansion, activation='silu')
            y = m.conv(m.squeeze_excite(y, f'{at}.excite', max(1, c // 4)), f'{at}.project', out)
            v = m.add(y, v) if step == 1 and c == out else y
    return m.classify(m.conv(v, 'head', 1280, activation='silu'))
