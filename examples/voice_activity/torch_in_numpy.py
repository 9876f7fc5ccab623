# SPDX-License-Identifier: MIT
"""The little of PyTorch that silero-vad's ONNX path uses, in NumPy: its own code then runs without the 800 MB of PyTorch.

`install()` stands in for `torch` unless that is installed. What is not here raises AttributeError.
"""
import importlib.util
import sys
import types

import numpy as np


class Tensor(np.ndarray):
    """An array with PyTorch's names for what NumPy calls otherwise."""

    def __new__(cls, values=()):
        return np.asarray(values, np.float32).view(cls)

    def dim(self):
        return self.ndim

    def float(self):
        return self.astype(np.float32)

    def numpy(self):
        return np.asarray(self)

    def unsqueeze(self, axis):
        return np.expand_dims(self, axis)


def _pad(x, by, mode='constant', value=0.0):
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [by], mode, constant_values=value).view(Tensor)


def install():
    if importlib.util.find_spec('torch') is not None:
        return
    torch = types.ModuleType('torch')
    torch.Tensor = Tensor
    torch.is_tensor = lambda x: isinstance(x, Tensor)
    torch.from_numpy = lambda a: a.view(Tensor)
    torch.zeros = lambda *shape: np.zeros(shape[0] if isinstance(shape[0], tuple) else shape, np.float32).view(Tensor)
    torch.cat = lambda tensors, dim=0: np.concatenate(tensors, dim).view(Tensor)
    torch.device = str
    torch.no_grad = lambda: lambda function: function
    torch.set_num_threads = lambda count: None
    torch.nn = types.SimpleNamespace(functional=types.SimpleNamespace(pad=_pad))
    sys.modules['torch'] = torch
