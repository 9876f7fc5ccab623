#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Retraining changes the weights and nothing else that `dsi embed` writes, also when they lie beside the model.

    retrain.py DSI         DSI is the program; needs numpy and onnx. Prints `N passed, N failed`
"""
import filecmp
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper

DIGITS = pathlib.Path(__file__).parents[2] / 'examples/digits/digits.onnx'


def embed(dsi, model, out):
    out.mkdir()
    run = subprocess.run([dsi, 'embed', str(model), '--name', 'net', '--out', str(out), '--isa', 'v3', '--depfile', str(out / 'net.d'), '--stamp', str(out / 'net.stamp')],
                         capture_output=True, text=True)
    return run.stderr if run.returncode else ''


def retrained(model, seed):
    """The same network after another training."""
    m = onnx.ModelProto()
    m.CopyFrom(model)
    r = np.random.default_rng(seed)
    for t in m.graph.initializer:
        v = numpy_helper.to_array(t)
        if v.dtype == np.float32 and v.size > 1:
            t.CopyFrom(numpy_helper.from_array((v * r.uniform(0.5, 1.5, v.shape)).astype(np.float32), t.name))
    return m


def changed(a, b):
    names = {p.name for p in a.iterdir()} | {p.name for p in b.iterdir()}
    return sorted(n for n in names - {'net.d', 'net.stamp'} if not (a / n).exists() or not (b / n).exists() or not filecmp.cmp(a / n, b / n, shallow=False))


def main():
    dsi, model, wrong = sys.argv[1], onnx.load(DIGITS), []
    checks = 0

    def check(what, good):
        nonlocal checks
        checks += 1
        if not good:
            wrong.append(what)
            print(f'FAIL {what}')

    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for seed in (1, 2):
            (work / f'{seed}').mkdir()
            onnx.save(retrained(model, seed), work / f'{seed}/net.onnx')
            check(f'training {seed} is embedded', not embed(dsi, work / f'{seed}/net.onnx', work / f'out{seed}'))
        different = changed(work / 'out1', work / 'out2')
        check(f'another training changes the weights alone, not {different}', different == ['net_weights.bin'])
        # Weights beside the model: the depfile names them, so that a build notices.
        beside = work / 'beside'
        beside.mkdir()
        onnx.save(retrained(model, 1), beside / 'net.onnx', save_as_external_data=True, location='net.data', size_threshold=0)
        check('a model with weights beside it is embedded', not embed(dsi, beside / 'net.onnx', work / 'out3'))
        check('it is the same network', changed(work / 'out1', work / 'out3') == [])
        depfile = (work / 'out3/net.d').read_text()
        check('its depfile names the weights', 'net.data' in depfile)
        check('its depfile names the model once', depfile.count('net.onnx') == 1)
        # The comparison can fail.
        (work / 'out3/net_unit.cpp').write_text('other')
        check('a changed source is noticed', changed(work / 'out1', work / 'out3') == ['net_unit.cpp'])
    print(f'{checks - len(wrong)} passed, {len(wrong)} failed')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
