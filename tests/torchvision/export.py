#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exports the networks of networks.py to ONNX, with PyTorch's answers.

    export.py OUT [NAME...]

Writes OUT/NAME/{model.onnx, in_0.npy, out_0.npy, meta.json} for each network that is not there yet. Needs Debian's python3-torch and
python3-torchvision (PyTorch 1.13 or newer).
"""
import json
import os
import pathlib
import sys

import numpy as np
import torch

from networks import NETWORKS, make


def export(name, folder):
    network, x = make(name)
    with torch.no_grad():
        y = network(x).numpy()
    if not (np.isfinite(y).all() and y.std() > 0):
        sys.exit(f'export.py: {name}: the answer of PyTorch says nothing')
    partial = folder.with_name(folder.name + '.partial')
    partial.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(network, x, str(partial / 'model.onnx'), opset_version=17, input_names=['image'], output_names=['scores'])
    np.save(partial / 'in_0.npy', x.numpy())
    np.save(partial / 'out_0.npy', y)
    meta = {'origin': f'PyTorch {torch.__version__}', 'inputs': [{'name': 'image'}],
            'outputs': [{'name': 'scores', 'rtol': 0, 'atol': 1e-4 * float(np.abs(y).max())}]}
    (partial / 'meta.json').write_text(json.dumps(meta, indent=1) + '\n')
    os.rename(partial, folder)


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith('-') or not set(sys.argv[2:]) <= set(NETWORKS):
        sys.exit(__doc__ + 'Names: ' + ' '.join(NETWORKS))
    for name in sys.argv[2:] or NETWORKS:
        folder = pathlib.Path(sys.argv[1]) / name
        if not folder.exists():
            export(name, folder)
            print(f'{name}: {(folder / "model.onnx").stat().st_size / 1e6:.1f} MB', flush=True)


if __name__ == '__main__':
    main()
