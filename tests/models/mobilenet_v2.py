# SPDX-License-Identifier: MIT
"""MobileNetV2 (Sandler et al. 2018) as torchvision builds and exports it, 224 x 224, width 1.0, with made-up weights.

Random weights alone would let the activations vanish or blow up over 52 convolutions. So the network is run once over
calibration images in NumPy, and each batch norm gets the mean and variance that it really sees there, as after a training.
"""
import numpy as np

from onnx_builder import Net

# expansion, output channels, repeats, stride: table 2 of the paper
BLOCKS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
PARAMETERS = 3_504_872  # of torchvision.models.mobilenet_v2(): convolutions, classifier, gamma and beta


def images(rng, n, size):
    """Smooth pictures with some noise, normalized as torchvision's are."""
    t = np.linspace(0, 1, size)
    x = np.empty((n, 3, size, size), 'f4')
    for i in range(n):
        for c in range(3):
            a, b, p, q = rng.uniform(1, 9, 4)
            x[i, c] = 0.5 + 0.3 * np.sin(a * t[:, None] + b * t[None] + p) * np.cos(q * t[None]) + 0.1 * rng.standard_normal((size, size))
    mean, std = np.array([.485, .456, .406], 'f4'), np.array([.229, .224, .225], 'f4')
    return ((x - mean[:, None, None]) / std[:, None, None]).astype('f4')


def convolve(x, w, stride, groups):
    """1x1, 3x3 with pad 1, or 3x3 depthwise: all that MobileNetV2 has."""
    n, c, h, _ = x.shape
    if w.shape[2] == 1:
        return np.einsum('oc,nchw->nohw', w[:, :, 0, 0], x, optimize=True)
    out = (h + 2 - 3) // stride + 1
    x = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    y = 0
    for i in range(3):
        for j in range(3):
            part = x[:, :, i:i + stride * out:stride, j:j + stride * out:stride][:, :, :out, :out]
            y = y + (part * w[None, :, 0, i, j, None, None] if groups == c else np.einsum('oc,nchw->nohw', w[:, :, i, j], part, optimize=True))
    return y


class Maker:
    def __init__(self, size):
        self.net = Net('mobilenet_v2', 13)
        self.rng = self.net.rng
        self.value = images(self.rng, 4, size)  # the calibration images on their way through the network
        self.at = self.net.x(name='input', value=images(self.rng, 1, size))
        self.clip = self.net.w(name='zero', value=np.float32(0)), self.net.w(name='six', value=np.float32(6))

    def conv(self, name, out, k=1, stride=1, groups=1, relu6=True):
        net, c = self.net, self.value.shape[1]
        fan = c // groups * k * k
        w = (self.rng.standard_normal((out, c // groups, k, k)) * np.sqrt(2 / fan)).astype('f4')
        y = convolve(self.value, w, stride, groups)
        mean, var = y.mean((0, 2, 3)), y.var((0, 2, 3))
        var = np.maximum(var, 0.05 * var.mean())  # a channel that hardly moves must not be blown up to unit variance
        gamma, beta = self.rng.uniform(0.6, 1.4, out).astype('f4'), (0.3 * self.rng.standard_normal(out)).astype('f4')
        ch = np.s_[None, :, None, None]
        y = (y - mean[ch]) / np.sqrt(var + 1e-5)[ch] * gamma[ch] + beta[ch]
        self.value = np.clip(y, 0, 6) if relu6 else y
        at = net.op('Conv', self.at, net.w(name=f'{name}.weight', value=w), name=f'{name}.conv', kernel_shape=[k, k],
                    strides=[stride] * 2, pads=[k // 2] * 4, dilations=[1, 1], group=groups)
        norm = [net.w(name=f'{name}.{s}', value=v.astype('f4')) for s, v in (('gamma', gamma), ('beta', beta), ('mean', mean), ('var', var))]
        at = net.op('BatchNormalization', at, *norm, name=f'{name}.norm', epsilon=1e-5, momentum=0.9)
        self.at = net.op('Clip', at, *self.clip, name=f'{name}.relu6') if relu6 else at

    def block(self, name, expansion, out, stride):
        at, value, c = self.at, self.value, self.value.shape[1]
        if expansion != 1:
            self.conv(f'{name}.expand', c * expansion)
        self.conv(f'{name}.depthwise', c * expansion, 3, stride, c * expansion)
        self.conv(f'{name}.project', out, relu6=False)
        if stride == 1 and c == out:
            self.at = self.net.op('Add', at, self.at, name=f'{name}.add')
            self.value = value + self.value


def mobilenet_v2(size=224, classes=1000):
    m = Maker(size)
    m.conv('stem', 32, 3, 2)
    count = 0
    for expansion, out, repeats, stride in BLOCKS:
        for i in range(repeats):
            count += 1
            m.block(f'block{count}', expansion, out, stride if i == 0 else 1)
    m.conv('last', 1280)
    net = m.net
    at = net.op('Flatten', net.op('GlobalAveragePool', m.at), axis=1)
    w = net.w(classes, 1280, name='classifier.weight', scale=0.05)
    b = net.w(classes, name='classifier.bias', scale=0.05)
    net.op('Gemm', at, w, b, name='classifier', out='output', alpha=1.0, beta=1.0, transB=1)
    net.out('output')
    net.exact = exact
    trained = sum(v.size for k, v in net.weights.items() if k.endswith(('.weight', '.bias', '.gamma', '.beta')))
    assert trained == PARAMETERS, trained
    for k, v in net.weights.items():
        assert np.isfinite(v).all() and not ((v != 0) & (np.abs(v) < np.finfo('f4').tiny)).any(), k
    return net


def exact(values):
    """The network once more, in double and without any ONNX engine: from its inputs and weights to its output."""
    v = {k: x.astype('f8') for k, x in values.items()}
    ch = np.s_[None, :, None, None]

    def conv(x, name, stride=1, groups=1, relu6=True):
        y = convolve(x, v[f'{name}.weight'], stride, groups)
        gamma, beta, mean, var = (v[f'{name}.{s}'][ch] for s in ('gamma', 'beta', 'mean', 'var'))
        y = (y - mean) / np.sqrt(var + 1e-5) * gamma + beta
        return np.clip(y, 0, 6) if relu6 else y

    x, count = conv(v['input'], 'stem', 2), 0
    for expansion, out, repeats, stride in BLOCKS:
        for i in range(repeats):
            count += 1
            name = f'block{count}'
            y = conv(x, f'{name}.expand') if expansion != 1 else x
            y = conv(y, f'{name}.depthwise', stride if i == 0 else 1, y.shape[1])
            y = conv(y, f'{name}.project', relu6=False)
            x = x + y if x.shape == y.shape else y
    return conv(x, 'last').mean((2, 3)) @ v['classifier.weight'].T + v['classifier.bias']
