#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Imported networks against the answers of their origin.

    run.py --work DIR --source DSI [--tool PROGRAM] [--only NAME]... [--isa native] [--long]

Makes the models of tests/models below DIR, writes a project that compiles each through dsi_add_model with plain -O2, runs them in
this process and compares with the expected outputs. Per model: the outputs are right and complete (two different poisons), they repeat
bit for bit after another input has been through, and another input changes them. Needs numpy and onnx.
Prints `N passed, N failed`.
"""
import argparse
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
CXX = {'float32': 'float', 'float64': 'double', 'int64': 'std::int64_t', 'int32': 'std::int32_t', 'int16': 'std::int16_t', 'int8': 'std::int8_t',
       'uint8': 'std::uint8_t', 'uint16': 'std::uint16_t', 'uint32': 'std::uint32_t', 'uint64': 'std::uint64_t', 'bool': 'bool', 'float16': 'dsi::half', 'bfloat16': 'dsi::bfloat16'}


def numpy_type(name):
    """-> NumPy's type; bfloat16 is ml_dtypes', which onnx brings with it."""
    if name == 'bfloat16':
        import ml_dtypes
        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)


def load(path, value):
    """-> the array of a file; one of bfloat16 holds the bits as uint16."""
    a = np.load(path)
    return a.view(numpy_type('bfloat16')) if value.get('dtype') == 'bfloat16' else a


def is_float(a):
    return a.dtype.kind == 'f' or a.dtype.name == 'bfloat16'


class Case:
    def __init__(self, name, folder):
        self.name, self.folder = name, pathlib.Path(folder)
        self.id = 'golden_' + ''.join(c if c.isalnum() else '_' for c in name)
        self.meta = json.loads((self.folder / 'meta.json').read_text())
        self.inputs = [load(self.folder / f'in_{i}.npy', v) for i, v in enumerate(self.meta['inputs'])]
        self.outputs = [load(self.folder / f'out_{i}.npy', v) for i, v in enumerate(self.meta['outputs'])]

    def source(self):
        def spans(arrays, const, pointer):
            return [f'std::span<{CXX[str(a.dtype)]}{const}, {a.size}>(static_cast<{CXX[str(a.dtype)]}{const}*>({pointer}[{i}]), {a.size})' for i, a in enumerate(arrays)]
        arguments = ',\n            '.join(spans(self.inputs, ' const', 'in') + spans(self.outputs, '', 'out'))
        return (f'#include <{self.id}.hpp>\n#include <cstdint>\n#include <span>\nstatic {self.id}::net& net() {{\n  static {self.id}::net n;\n  return n;\n}}\n'
                f'extern "C" void run(void const* const* in, void* const* out) {{\n  net().reset();\n  net().run({arguments});\n}}\n'
                'extern "C" char const* isa() { return net().isa().data(); }\n')


def digits(folder, source):
    """The network of the example, with answers of onnx.reference."""
    import onnx
    from onnx.reference import ReferenceEvaluator
    folder.mkdir(parents=True, exist_ok=True)
    model = onnx.load(source / 'examples/digits/digits.onnx')
    shape = [d.dim_value or 1 for d in model.graph.input[0].type.tensor_type.shape.dim]
    x = np.random.default_rng(9).uniform(0, 1, shape).astype(np.float32)
    y = ReferenceEvaluator(model).run(None, {model.graph.input[0].name: x})
    onnx.save(model, folder / 'model.onnx')
    np.save(folder / 'in_0.npy', x)
    for i, v in enumerate(y):
        np.save(folder / f'out_{i}.npy', v)
    meta = {'inputs': [{}], 'outputs': [{'atol': 1e-5 * float(np.abs(v).max()), 'rtol': 1e-4} for v in y]}
    (folder / 'meta.json').write_text(json.dumps(meta))
    return folder


def write_project(work, source, cases, isa):
    lines = ['cmake_minimum_required(VERSION 3.25)', 'project(golden LANGUAGES CXX)', 'set(CMAKE_CXX_STANDARD 20)',
             f'add_subdirectory("{source}" dsi EXCLUDE_FROM_ALL)', 'set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")']
    for c in cases:
        path = work / f'{c.id}.cpp'
        if not path.exists() or path.read_text() != c.source():
            path.write_text(c.source())
        bind = ''.join(f' "{name}={value.replace("@", f"@{c.folder}/", 1)}"' for name, value in c.meta.get('bind', {}).items())
        lines += [f'add_library({c.id} SHARED {c.id}.cpp)', f'dsi_add_model({c.id} "{c.folder / "model.onnx"}" NAME {c.id} ISA {isa}{" BIND" + bind if bind else ""} {c.meta.get("options", "")})']
    (work / 'CMakeLists.txt').write_text('\n'.join(lines) + '\n')


def compile_project(work, source, cases, isa='native', tool=None, jobs='2'):
    """Compiles every case that it can; what stands in the way is in WORK/log. -> seconds, or nothing when it could not be configured."""
    write_project(work, source, cases, isa)
    settings = [f'-DDSI_TOOL={os.path.abspath(tool)}'] if tool else []
    configure = ['cmake', '-G', 'Ninja', '-S', str(work), '-B', str(work / 'build'), '-DCMAKE_BUILD_TYPE=', '-DCMAKE_CXX_FLAGS=-O2', '-DDSI_TESTS=OFF', '-DDSI_BENCH=OFF', '-DDSI_EXAMPLES=OFF', *settings]
    with open(work / 'log', 'w') as log:
        if subprocess.run(configure, stdout=log, stderr=subprocess.STDOUT).returncode != 0:
            return None
        for c in cases:  # what cannot be built shall not be found there from before
            (work / 'build' / f'lib{c.id}.so').unlink(missing_ok=True)
        begin = time.time()
        subprocess.run(['cmake', '--build', str(work / 'build'), '--parallel', jobs, '--', '-k', '0'], stdout=log, stderr=subprocess.STDOUT)
    return time.time() - begin


def call(lib, inputs, like, poison):
    """-> the outputs of one run on memory that holds something else before."""
    def filled(a):
        value = (poison == 0) if a.dtype.kind == 'b' else 77 + poison if a.dtype.kind in 'iu' else (np.nan, 1e30)[poison]
        return np.full(a.shape, value if a.dtype != np.float16 or poison == 0 else 6e4, a.dtype)  # 1e30 is no half
    out = [filled(a) for a in like]
    given = [np.ascontiguousarray(a) for a in inputs]
    pointers = lambda arrays: (ctypes.c_void_p * len(arrays))(*[a.ctypes.data for a in arrays])
    lib.run(pointers(given), pointers(out))
    return out


def another(inputs):
    r = np.random.default_rng(5)
    out = []
    for a in inputs:
        if is_float(a):
            out.append((a.astype('f8') * 0.5 + 0.1 * r.standard_normal(a.shape)).astype(a.dtype))
        else:
            out.append(r.permutation(a.reshape(-1)).reshape(a.shape) if a.dtype.kind != 'b' else ~a)
    return out


def name_of(case, i):
    return case.meta['outputs'][i].get('name', f'output {i}')


def mistakes(actual, case):
    """-> what is wrong with the outputs."""
    wrong = []
    for i, (a, expected, m) in enumerate(zip(actual, case.outputs, case.meta['outputs'])):
        good = a == expected
        if is_float(expected):
            good = np.isclose(a.astype('f8'), expected.astype('f8'), rtol=m.get('rtol', 1e-4), atol=m.get('atol', 1e-6), equal_nan=True)
        if not good.all():
            at = tuple(np.argwhere(~good)[0])
            wrong.append(f'{name_of(case, i)}: {int((~good).sum())} of {a.size} wrong, the first at {list(map(int, at))}: {a[at]} instead of {expected[at]}')
    return wrong


def check(path, case):
    lib = ctypes.CDLL(str(path))
    lib.isa.restype = ctypes.c_char_p
    different = lambda a, b: [i for i, (p, q) in enumerate(zip(a, b)) if p.tobytes() != q.tobytes()]
    first = call(lib, case.inputs, case.outputs, 0)
    wrong = mistakes(first, case)
    for i in different(first, call(lib, case.inputs, case.outputs, 1)):
        wrong.append(f'{name_of(case, i)}: part of it is not written, or it changes from run to run')
    other = call(lib, another(case.inputs), case.outputs, 0)
    for i in different(first, call(lib, case.inputs, case.outputs, 1)):
        wrong.append(f'{name_of(case, i)}: not the same after another input')
    if not different(first, other):
        wrong.append('another input changes nothing')
    # A comparison that cannot fail is none: an answer moved by ten times the tolerance is noticed.
    moved = [a.copy() for a in first]
    for a, m in zip(moved, case.meta['outputs']):
        if a.dtype.kind == 'f' and a.size and np.isfinite(a.flat[0]):
            a.flat[0] += a.dtype.type(10 * (m['atol'] + m['rtol'] * abs(a.flat[0])) + 1e-3 * (a.dtype == np.float16))
            if not mistakes(moved, case):
                wrong.append('the comparison cannot fail')
            break
    return wrong, lib.isa().decode()


def checked_apart(path, case):
    """The same in a process of its own: a crash is a failure of one case."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            result = check(path, case)
        except BaseException as e:  # whatever happens, it is told
            result = ([repr(e)], '?')
        os.write(write, json.dumps(result).encode()[:60000])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, 'rb') as pipe:
        data = pipe.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return [f'crashed: {signal.Signals(os.WTERMSIG(status)).name}'], '?'
    return json.loads(data)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--work', required=True, type=pathlib.Path)
    p.add_argument('--source', type=pathlib.Path, default=HERE.parents[1])
    p.add_argument('--tool', help='the dsi program; built in the project when not given')
    p.add_argument('--only', action='append', default=[])
    p.add_argument('--isa', default='native')
    p.add_argument('--jobs', default='2')
    p.add_argument('--long', action='store_true', help='operators at every opset; without it, one opset of each')
    o = p.parse_args()
    work = o.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    models = work / 'models'
    if not (models / '.complete').exists():
        subprocess.run([sys.executable, str(o.source / 'tests/models/make_models.py'), '--out', str(models), '--engine', 'auto', '--only', 'mobilenet_v2', '--only', 'branching', '--only', 'gru_stream', '--only', 'winograd',
                        '--only', 'lstm_stream', '--only', 'every_op_bundle'], check=True, stdout=subprocess.DEVNULL)
        (models / '.complete').touch()
    names = [str(f.parent.relative_to(models)) for f in sorted(models.glob('**/meta.json'))]
    digits(models / 'digits', o.source)
    names = sorted(set(names) | {'digits'})
    if not o.long and not o.only:
        names = [n for n in names if 'every_op' not in n or n.endswith('_op17')]
    wanted = lambda name: not o.only or any(name.startswith(x) for x in o.only)
    cases = [Case(n, models / n) for n in names if wanted(n)]
    seconds = compile_project(work, o.source.resolve(), cases, o.isa, o.tool, o.jobs)
    if seconds is None:
        print((work / 'log').read_text()[-2000:] + '\n0 passed, 1 failed')
        return 1
    print(f'{len(cases)} networks compiled in {seconds:.0f} s')
    passed, failed = 0, 0
    for c in cases:
        library = work / 'build' / f'lib{c.id}.so'
        wrong, isa = checked_apart(library, c) if library.exists() else ([f'does not build; see {work / "log"}'], '?')
        passed, failed = (passed, failed + 1) if wrong else (passed + 1, failed)
        print(f'{"FAIL" if wrong else "ok"} {c.name} ({len(c.outputs)} outputs, {isa}) {"; ".join(wrong)[:700]}', flush=True)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
