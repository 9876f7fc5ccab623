#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the models that the tests import, each with inputs and the outputs that they must give.

DIR/NAME/ gets model.onnx, in_I.npy, out_I.npy (in the order of the model's inputs and outputs) and meta.json (names, shapes,
tolerances). The weights are seeded by the name: the same NumPy gives the same numbers. The outputs come from onnxruntime
where it is installed and knows the operator, else from onnx.reference, or from settled.py where that is known to be wrong.
Needs numpy and onnx.
"""
import argparse
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mobilenet_v2 import mobilenet_v2
from networks import all_networks
from onnx_builder import compute, np, run_reference, write
from operator_cases import all_bundles, all_operators


def wanted(name, only):
    """NAME itself, what is inside it (every_op), or what it begins (gru_stream, every_op/conv)."""
    return not only or any(name == o or name.startswith((o + '/', o + '_')) for o in only)


def compare(name, net):
    """-> whether onnxruntime and a second computation agree. A bug in an engine must not become our expected value."""
    y, by, _ = compute(net, 'ort')
    z, other = run_reference(net)
    same = len(y) == len(z) and all(a.shape == b.shape for a, b in zip(y, z))
    worst = max(float(np.abs(a.astype('f8') - b).max(initial=0)) / max(float(np.abs(b).max(initial=0)), 1e-30)
                for a, b in zip(y, z)) if same else np.inf
    print(f'{name:52} {by}, {other}: {worst:.1e}{"" if worst < 1e-5 else "  THEY DIFFER"}', flush=True)
    return worst < 1e-5


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--out', metavar='DIR', help='where the folders go')
    p.add_argument('--only', metavar='NAME', action='append', help='only this model, or the models whose names begin so (may be repeated)')
    p.add_argument('--engine', choices=('auto', 'ort', 'reference'), default='auto', help='what computes the expected outputs')
    p.add_argument('--list', action='store_true', help='print the names')
    p.add_argument('--compare', action='store_true', help='compute the outputs in two ways (onnxruntime, and onnx.reference or NumPy) and compare; writes nothing')
    o = p.parse_args()
    models = {'mobilenet_v2': mobilenet_v2, **all_networks(), **all_operators(), **all_bundles()}
    models = {k: v for k, v in models.items() if wanted(k, o.only)}
    if not models:
        p.error(f'no model named {", ".join(o.only)}; --list prints the names')
    if o.list:
        print('\n'.join(models))
        return 0
    if o.compare:
        bad = [name for name, make in models.items() if not compare(name, make())]
        print(f'{len(models) - len(bad)} of {len(models)} agree')
        return 1 if bad else 0
    if not o.out:
        p.error('--out DIR, --list or --compare is needed')
    t0 = time.time()
    for i, (name, make) in enumerate(models.items()):
        meta = write(make(), f'{o.out}/{name}', o.engine)
        shapes = ', '.join(f'{v["name"]} {v["shape"]}' for v in meta['inputs'][:4]) + (' ...' if len(meta['inputs']) > 4 else '')
        print(f'[{i + 1}/{len(models)}] {name}  {shapes}', flush=True)
    print(f'{len(models)} models in {time.time() - t0:.1f} s')
    return 0


if __name__ == '__main__':
    sys.exit(main())
