#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Imported networks against the answers of their origin, without a compiler: every operator at every opset.

    native.py --program PROGRAM --work DIR [--source DSI] [--only NAME]...

Makes the one-operator models of tests/models below DIR, has golden_native import each and compute it on the reference loops, and compares
as run.py does. Seconds instead of run.py's minutes, and every case on its own. Needs numpy and onnx. Prints `N passed, N failed`.
"""
import argparse
import pathlib
import subprocess
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from run import Case, is_float, mistakes, numpy_type


ENDED = 'error it ends the program'


def answers(program, folders):
    """-> a line of the program about each folder. One that ends the program says so, and the others go on without it."""
    lines = []
    while len(lines) < len(folders):
        part = [str(f) for f in folders[len(lines):len(lines) + 50]]
        r = subprocess.run([program, *part], capture_output=True, text=True, timeout=600)
        found = r.stdout.splitlines()[:len(part)]
        lines += found
        if len(found) < len(part):
            lines.append(f'{part[len(found)]}: {ENDED} with status {r.returncode} {r.stderr[-300:]}')
    return lines


def outputs_of(text, folder, case):
    """-> arrays from `type dims; type dims` and the files beside it, and what is wrong with them."""
    found, wrong = [], []
    for i, part in enumerate(text.split('; ')):
        words = part.split()
        a = np.fromfile(folder / f'native_{i}.bin', numpy_type(words[0])).reshape([int(d) for d in words[1:]])
        found.append(a)
        expected = case.outputs[i]
        if a.dtype != expected.dtype or a.shape != expected.shape:
            wrong.append(f'output {i} is {a.dtype} {list(a.shape)} instead of {expected.dtype} {list(expected.shape)}')
    return found, wrong


def moved_far(a):
    """-> values that no tolerance takes for those of `a`."""
    if a.dtype.kind == 'b':
        return ~a
    if not is_float(a):
        return a + a.dtype.type(1)
    v = np.where(np.isfinite(a), a, 0).astype('f8')
    with np.errstate(over='ignore'):  # infinity is far enough
        return (v + np.abs(v) + 1).astype(a.dtype)


def check(line, case):
    """-> what is wrong with a case, given the program's line about it."""
    folder, _, text = line.partition(': ')
    if text.startswith('error '):
        return [text]
    found, wrong = outputs_of(text, pathlib.Path(folder), case)
    if wrong or len(found) != len(case.outputs):
        return wrong or [f'{len(found)} outputs instead of {len(case.outputs)}']
    wrong = mistakes(found, case)
    # A comparison that cannot fail is none.
    moved = [moved_far(a) for a in found]
    if not wrong and any(a.size for a in found) and not mistakes(moved, case):
        wrong.append('the comparison cannot fail')
    return wrong


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--program', required=True, help='golden_native')
    p.add_argument('--work', required=True, type=pathlib.Path)
    p.add_argument('--source', type=pathlib.Path, default=HERE.parents[1])
    p.add_argument('--only', action='append', default=[])
    o = p.parse_args()
    models = o.work.resolve() / 'native_models'
    if not (models / '.complete').exists():
        subprocess.run([sys.executable, str(o.source / 'tests/models/make_models.py'), '--out', str(models), '--engine', 'auto', '--only', 'every_op',
                        '--only', 'branching', '--only', 'gru_stream', '--only', 'lstm_stream'], check=True, stdout=subprocess.DEVNULL)
        (models / '.complete').touch()
    names = sorted(str(f.parent.relative_to(models)) for f in models.glob('**/meta.json'))
    names = [n for n in names if not o.only or any(n.startswith(x) for x in o.only)]
    passed, failed, recurrent = 0, 0, 0
    for n, line in zip(names, answers(o.program, [models / n for n in names])):
        # Their loops are compiled for one network each; run.py covers them.
        if line.endswith('is not computed by the reference loops') and any(k in line for k in ('LSTM "', 'GRU "', 'RNN "')):
            recurrent += 1
            continue
        wrong = check(line, Case(n, models / n))
        passed, failed = (passed, failed + 1) if wrong else (passed + 1, failed)
        if wrong:
            print(f'FAIL {n}: {"; ".join(wrong)[:500]}', flush=True)
    if recurrent:
        print(f'not run: {recurrent} networks with recurrent layers')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
