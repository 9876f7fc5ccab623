# SPDX-License-Identifier: MIT
"""The layers of the digit network in NumPy: forward, backward, Adam. Tensors are [batch, channels, height, width]."""
import numpy as np


class Layer:
    """Parameters and their gradients by name; a layer without parameters leaves both empty."""

    def __init__(self):
        self.params, self.grads = {}, {}


def columns(x, k):
    """Every k x k neighbourhood of x, zero beyond the border, as rows [batch * height * width, channels * k * k]."""
    n, c, h, w = x.shape
    p = k // 2
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    x = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))
    return x.transpose(0, 2, 3, 1, 4, 5).reshape(n * h * w, c * k * k)


def to_image(rows, n, h, w):
    return rows.reshape(n, h, w, -1).transpose(0, 3, 1, 2)


class Conv(Layer):
    """k x k convolution, stride 1, as many pixels out as in."""

    def __init__(self, rng, inputs, outputs, k=3):
        super().__init__()
        std = np.sqrt(2 / (inputs * k * k))
        self.k = k
        self.params = {'w': rng.normal(0, std, (outputs, inputs, k, k)).astype('f4'), 'b': np.zeros(outputs, 'f4')}

    def forward(self, x, train):
        n, _, h, w = x.shape
        weight = self.params['w']
        cols = columns(x, self.k)
        if train:
            self.cols = cols
        return to_image(cols @ weight.reshape(len(weight), -1).T + self.params['b'], n, h, w)

    def backward(self, dy):
        n, c, h, w = dy.shape
        weight = self.params['w']
        rows = dy.transpose(0, 2, 3, 1).reshape(-1, c)
        self.grads = {'w': (rows.T @ self.cols).reshape(weight.shape), 'b': rows.sum(0)}
        # The gradient of a same-size convolution is the convolution with the kernel turned by 180 degrees.
        turned = weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        return to_image(columns(dy, self.k) @ turned.reshape(len(turned), -1).T, n, h, w)


class BatchNorm(Layer):
    eps, momentum = 1e-5, 0.9

    def __init__(self, channels):
        super().__init__()
        self.params = {'gamma': np.ones(channels, 'f4'), 'beta': np.zeros(channels, 'f4')}
        self.mean, self.var = np.zeros(channels, 'f4'), np.ones(channels, 'f4')

    def forward(self, x, train):
        mean, var = self.mean, self.var
        if train:
            mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
            m = self.momentum
            self.mean, self.var = m * self.mean + (1 - m) * mean, m * self.var + (1 - m) * var
        ch = np.s_[None, :, None, None]
        inv = 1 / np.sqrt(var + self.eps)
        z = (x - mean[ch]) * inv[ch]
        if train:
            self.z, self.inv = z, inv
        return z * self.params['gamma'][ch] + self.params['beta'][ch]

    def backward(self, dy):
        ch = np.s_[None, :, None, None]
        axes = (0, 2, 3)
        self.grads = {'gamma': (dy * self.z).sum(axes), 'beta': dy.sum(axes)}
        dz = dy * self.params['gamma'][ch]
        return self.inv[ch] * (dz - dz.mean(axes)[ch] - self.z * (dz * self.z).mean(axes)[ch])


class Relu(Layer):
    def forward(self, x, train):
        self.keep = x > 0
        return x * self.keep

    def backward(self, dy):
        return dy * self.keep


class MaxPool(Layer):
    """2 x 2, stride 2."""

    def forward(self, x, train):
        n, c, h, w = self.shape = x.shape
        x = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
        self.where = x.argmax(-1)[..., None]
        return np.take_along_axis(x, self.where, -1)[..., 0]

    def backward(self, dy):
        n, c, h, w = self.shape
        dx = np.zeros((n, c, h // 2, w // 2, 4), 'f4')
        np.put_along_axis(dx, self.where, dy[..., None], -1)
        return dx.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h, w)


class Flatten(Layer):
    def forward(self, x, train):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dy):
        return dy.reshape(self.shape)


class Dense(Layer):
    """y = x w^T + b with w [outputs, inputs], as ONNX's Gemm with transB."""

    def __init__(self, rng, inputs, outputs):
        super().__init__()
        std = np.sqrt(2 / inputs)
        self.params = {'w': rng.normal(0, std, (outputs, inputs)).astype('f4'), 'b': np.zeros(outputs, 'f4')}

    def forward(self, x, train):
        self.x = x
        return x @ self.params['w'].T + self.params['b']

    def backward(self, dy):
        self.grads = {'w': dy.T @ self.x, 'b': dy.sum(0)}
        return dy @ self.params['w']


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


class Adam:
    """Adam (Kingma, Ba 2015) with decoupled decay of the weight matrices (Loshchilov, Hutter 2019)."""

    def __init__(self, layers, decay, beta1=0.9, beta2=0.999, eps=1e-8):
        self.layers, self.decay, self.beta1, self.beta2, self.eps, self.t = layers, decay, beta1, beta2, eps, 0
        self.m = [{k: np.zeros_like(v) for k, v in layer.params.items()} for layer in layers]
        self.v = [{k: np.zeros_like(v) for k, v in layer.params.items()} for layer in layers]

    def step(self, rate):
        self.t += 1
        scale = np.sqrt(1 - self.beta2 ** self.t) / (1 - self.beta1 ** self.t)
        for layer, m, v in zip(self.layers, self.m, self.v):
            for k, g in layer.grads.items():
                m[k] = self.beta1 * m[k] + (1 - self.beta1) * g
                v[k] = self.beta2 * v[k] + (1 - self.beta2) * g * g
                if k == 'w':
                    layer.params[k] *= np.float32(1 - rate * self.decay)
                layer.params[k] -= np.float32(rate * scale) * m[k] / (np.sqrt(v[k]) + np.float32(self.eps))
