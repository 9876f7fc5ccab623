#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real networks beside ONNX Runtime: answers, latency, compile time, size.

    real_models.py --work DIR --cases FOLDER [--only NAME]... [--tool PROGRAM] [--isa native] [--pin CPU] [--markdown]

FOLDER/NAME holds model.onnx with fixed dims, in_I.npy, out_I.npy and meta.json with the tolerance of each output (export.py and
tests/models write such). Each is compiled through dsi_add_model with plain -O2 and held against ONNX Runtime's answers where this
Python has it, else against out_I.npy; outputs must be complete, repeat bit for bit and depend on the input. Latency is of one thread,
in one process with ONNX Runtime, in turns; --pin measures on one processor and before all other processes (as root), as for figures
to publish. Compile seconds are the processor's, import included, without a compiler cache. Prints a table (--markdown: as in the docs)
and `N passed, N failed`.
"""
import argparse
import ctypes
import importlib.util
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'golden'))
from run import Case, checked_apart, write_project  # noqa: E402

ROUNDS, SLICE = 15, 0.02
COLUMNS = ('network', 'weights', 'error', 'dsi', 'ONNX Runtime', 'ratio', 'compile', 'code')


def in_a_child(work):
    """-> what work() returns, computed in a process of its own; None when that crashes."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, 'rb') as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    return json.loads(data) if data else None


def session(case):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(case.folder / 'model.onnx'), options, providers=['CPUExecutionProvider'])


def answers_of_onnx_runtime(work, case):
    """-> its answers, or None where there is no ONNX Runtime or it cannot run the file."""
    if importlib.util.find_spec('onnxruntime') is None:
        return None
    file = work / f'{case.id}.npz'

    def compute():
        s = session(case)
        np.savez(file, *s.run(None, {v.name: x for v, x in zip(s.get_inputs(), case.inputs)}))
        return True
    if not in_a_child(compute):
        return None
    with np.load(file) as stored:
        values = [stored[f'arr_{i}'] for i in range(len(case.outputs))]
    file.unlink()
    return values


def slice_of(run):
    """-> seconds of a run: the median over a slice of time, after one run that is not counted."""
    run()
    seconds, begin = [], time.perf_counter()
    while True:
        before = time.perf_counter()
        run()
        now = time.perf_counter()
        seconds.append(now - before)
        if now - begin > SLICE:
            return statistics.median(seconds)


def pin(cpu):
    os.sched_setaffinity(0, {cpu})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(5))


def measure(library, case, with_onnx_runtime, cpu):
    """-> error relative to the largest value, seconds of dsi, of ONNX Runtime, and the median of their ratio."""
    if cpu is not None:
        pin(cpu)
    lib = ctypes.CDLL(str(library))
    given = [np.ascontiguousarray(a) for a in case.inputs]
    out = [np.empty_like(a) for a in case.outputs]
    pointers = [(ctypes.c_void_p * len(arrays))(*[a.ctypes.data for a in arrays]) for arrays in (given, out)]
    runs = [lambda: lib.run(*pointers)]
    if with_onnx_runtime:
        s = session(case)
        binding = s.io_binding()
        for v, a in zip(s.get_inputs(), given):
            binding.bind_cpu_input(v.name, a)
        for v in s.get_outputs():
            binding.bind_output(v.name)
        runs.append(lambda: s.run_with_iobinding(binding))
    runs[0]()
    error = 0.
    for a, b in zip(out, case.outputs):
        if b.size and b.dtype.kind == 'f':
            error = max(error, float(np.abs(a.astype('f8') - b).max() / max(np.abs(b).max(), 1e-30)))
    times = [[] for _ in runs]
    order = np.random.default_rng(7)
    for _ in range(ROUNDS):
        for i in order.permutation(len(runs)):
            times[i].append(slice_of(runs[i]))
    ratio = statistics.median(b / a for a, b in zip(*times)) if with_onnx_runtime else None
    return [error] + [statistics.median(t) for t in times] + [None] * (not with_onnx_runtime) + [ratio]


def build(work, case, isa, jobs):
    """-> the library or None, and the seconds that processors worked on it."""
    used = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    begin = used()
    with open(work / f'{case.id}.log', 'w') as log:
        done = subprocess.run(['cmake', '--build', str(work / 'build'), '--target', case.id, '--parallel', jobs], stdout=log, stderr=subprocess.STDOUT).returncode == 0
    library = work / 'build' / f'lib{case.id}.so'
    return library if done and library.exists() else None, used() - begin


def code_bytes(work, case, isa):
    """Code and constants of the network's unit, without weights."""
    unit, = (work / f'build/dsi/{case.id}/{case.id}').glob(f'dsi_unit_{case.id}_{isa}.o')
    return int(subprocess.run(['size', str(unit)], capture_output=True, text=True, check=True).stdout.split('\n')[1].split()[0])


def weight_bytes(work, case):
    return (work / f'build/dsi/{case.id}/{case.id}/{case.id}_weights.bin').stat().st_size


def duration(seconds):
    return '-' if seconds is None else f'{1e6 * seconds:.1f} us' if seconds < 1e-3 else f'{1e3 * seconds:.2f} ms'


def line(cells, markdown):
    if markdown:
        return '| ' + ' | '.join(cells) + ' |'
    return ''.join(c.ljust(22) if i == 0 else c.rjust(13) for i, c in enumerate(cells))


def configure(work, source, cases, isa, tool):
    write_project(work, source, cases, isa)
    settings = [f'-DDSI_TOOL={os.path.abspath(tool)}'] if tool else []
    done = subprocess.run(['cmake', '-G', 'Ninja', '-S', str(work), '-B', str(work / 'build'), '-DCMAKE_BUILD_TYPE=', '-DCMAKE_CXX_FLAGS=-O2', '-DDSI_TESTS=OFF', '-DDSI_BENCH=OFF',
                           '-DDSI_EXAMPLES=OFF', *settings], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout[-1000:] + done.stderr[-2000:] + '\n0 passed, 1 failed')
    if not tool:  # or its compilation would count as that of the first network
        subprocess.run(['cmake', '--build', str(work / 'build'), '--target', 'dsi_tool'], check=True, stdout=subprocess.DEVNULL)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--work', required=True, type=pathlib.Path)
    p.add_argument('--cases', required=True, type=pathlib.Path)
    p.add_argument('--source', type=pathlib.Path, default=HERE.parents[1])
    p.add_argument('--tool', help='the dsi program; built in the project when not given')
    p.add_argument('--only', action='append', default=[])
    p.add_argument('--isa', default='native')
    p.add_argument('--jobs', default='2')
    p.add_argument('--pin', type=int, metavar='CPU')
    p.add_argument('--markdown', action='store_true')
    o = p.parse_args()
    os.environ['CCACHE_DISABLE'] = '1'
    work = o.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    folders = [f.parent for f in sorted(o.cases.resolve().glob('*/meta.json')) if not o.only or f.parent.name in o.only]
    cases = [Case(f.name, f) for f in folders]
    if not cases:
        sys.exit(f'{o.cases}: no network' + (f' named {", ".join(o.only)}' if o.only else '') + '\n0 passed, 1 failed')
    configure(work, o.source.resolve(), cases, o.isa, o.tool)
    print(line(COLUMNS, o.markdown))
    if o.markdown:
        print('|---|' + '---:|' * (len(COLUMNS) - 1))
    passed, failed, wrongs = 0, 0, []
    for case in cases:
        library, seconds = build(work, case, o.isa, o.jobs)
        origin = answers_of_onnx_runtime(work, case)
        case.outputs = origin or case.outputs
        wrong, isa = checked_apart(library, case) if library else ([f'does not build; see {work}/{case.id}.log'], '')
        figures = in_a_child(lambda: measure(library, case, origin is not None, o.pin)) if library else None
        if figures is None:
            wrong = wrong or ['cannot be measured']
        else:
            error, ours, theirs, ratio = figures
            cells = (case.name, f'{weight_bytes(work, case) / 1e6:.2f} MB', f'{error:.0e}', duration(ours), duration(theirs), f'{ratio:.2f}' if ratio else '-', f'{seconds:.1f} s',
                     f'{code_bytes(work, case, isa) / 1e3:.0f} KB')
            print(line(cells, o.markdown), flush=True)
        passed, failed = (passed, failed + 1) if wrong else (passed + 1, failed)
        wrongs += [f'FAIL {case.name}: {"; ".join(wrong)[:700]}'] if wrong else []
        if library:
            library.unlink()  # up to half a gigabyte each
    print('\n'.join([f'error: relative to the largest value of the output; ratio: ONNX Runtime / dsi; compile: processor seconds for {isa or o.isa}', *wrongs]))
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
