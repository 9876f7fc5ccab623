#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dsi compare from end to end: what agrees, what departs and where, its files, its errors; from the build tree and after install.

    run.py DSI WORK [--install BUILD]     DSI is the program; needs numpy and onnx. Prints `N passed, N failed`
                                          BUILD is a build tree of dsi, to be installed and used from there

ONNX Runtime answers where this Python has it. Elsewhere onnx.reference stands in for it, behind the same module name: what
is tested is how dsi compare asks and reads, not the runtime.
"""
import argparse
import html.parser
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import onnx
import onnx.reference
from onnx import TensorProto, helper, numpy_helper

STAND_IN = '''
import onnx, onnx.reference
__version__ = "stand-in"
class SessionOptions:
    def add_session_config_entry(self, key, value): pass
class GraphOptimizationLevel:
    ORT_DISABLE_ALL, ORT_ENABLE_ALL = 0, 99
class InferenceSession:
    def __init__(self, model, options, providers):
        self.run_model = onnx.reference.ReferenceEvaluator(onnx.load_from_string(model))
        self.graph = self.run_model.proto_.graph
    def get_inputs(self): return self.graph.input
    def get_outputs(self): return self.graph.output
    def run(self, names, inputs): return self.run_model.run(names, inputs)
'''


def network(change=''):
    """A residual network of seven groups; `change` plants a mistake for it to be compared with."""
    r = np.random.default_rng(7)
    weight = lambda *dims: (r.standard_normal(dims) / np.sqrt(np.prod(dims[1:]))).astype(np.float32)
    constants = {'w1': weight(8, 3, 3, 3), 'b1': weight(8, 1)[:, 0], 'w2': weight(8, 8, 3, 3), 'b2': weight(8, 1)[:, 0], 'w3': weight(5, 8), 'b3': weight(5, 1)[:, 0]}
    if change == 'weight':
        constants['w2'][3, 2, 1, 1] += 0.5
    node = helper.make_node
    nodes = [
        node('Conv', ['x', 'w1', 'b1'], ['first:0'], 'first', pads=[1, 1, 1, 1]),
        node('Relu', ['first:0'], ['first relu'], 'relu1'),
        node('Conv', ['first relu', 'w2', 'b2'], ['second'], 'second', pads=[1, 1, 1, 1]),
        node('Add', ['second', 'first relu'], ['sum'], 'residual'),
        node('LeakyRelu', ['sum'], ['active'], 'relu2', alpha=0.1) if change == 'activation' else node('Relu', ['sum'], ['active'], 'relu2'),
        node('Mul', ['active', 'gain'], ['scaled'], 'scale'),
        node('Split', ['scaled'], ['left', 'right'], 'half<b>', axis=2, num_outputs=2),
        node('Sub', ['left', 'right'], ['edge'], 'edge'),
        node('GlobalAveragePool', ['edge'], ['mean'], 'pool'),
        node('Flatten', ['mean'], ['flat'], 'flatten'),
        node('Gemm', ['flat', 'w3', 'b3'], ['scores'], 'classify', transB=1),
        node('Softmax', ['scores'], ['probability'], 'softmax'),
        node('ArgMax', ['scores'], ['best'], 'best', axis=1),
    ]
    inputs = [helper.make_tensor_value_info('x', TensorProto.FLOAT, ['batch', 3, 12, 12]), helper.make_tensor_value_info('gain', TensorProto.FLOAT, [])]
    outputs = [helper.make_tensor_value_info('probability', TensorProto.FLOAT, ['batch', 5]), helper.make_tensor_value_info('best', TensorProto.INT64, ['batch', 1])]
    graph = helper.make_graph(nodes, 'net', inputs, outputs, [numpy_helper.from_array(v, k) for k, v in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid('', 18)], ir_version=8)


class page(html.parser.HTMLParser):
    """The tags that are open at the end, the ids, and what a page would load."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.loads, self.tags = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.ids += [attrs['id']] if 'id' in attrs else []
        self.loads += [v for k, v in attrs.items() if k in ('src', 'href')]
        if tag not in ('meta', 'br'):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.open.append(f'/{tag}')


class compare_test:
    def __init__(self, dsi, work):
        self.dsi, self.work, self.passed, self.failed = dsi, work, 0, 0
        self.temporary = work / 'tmp'
        self.temporary.mkdir(parents=True)
        self.environment = dict(os.environ, TMPDIR=str(self.temporary))
        self.python = sys.executable
        if importlib.util.find_spec('onnxruntime') is None:
            (work / 'stand_in').mkdir()
            (work / 'stand_in/onnxruntime.py').write_text(STAND_IN)
            self.environment['PYTHONPATH'] = str(work / 'stand_in')
        self.net = work / 'net.onnx'
        onnx.save(network(), self.net)
        for change in ('weight', 'activation'):
            onnx.save(network(change), work / f'{change}.onnx')

    def check(self, what, good, run=None):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(f'FAIL {what}')
            if run is not None:
                print('\n'.join('    ' + line for line in (f'status {run.returncode}\n' + run.stdout + run.stderr).split('\n')[-30:]))

    def run(self, *words, python=None, dsi=None, model=None, dims=('--dims', 'batch=1'), bind=('--bind', 'gain=1.5'), keep='fused', **environment):
        command = [dsi or self.dsi, 'compare', str(model or self.net), *dims, *bind, '--python', python or self.python, *map(str, words)]
        command += ['--keep', str(self.work / keep)] if keep else []
        return subprocess.run(command, capture_output=True, text=True, env=dict(self.environment, **environment), timeout=300)

    def expect(self, what, run, status, *texts):
        everything = run.stdout + run.stderr
        lacks = [t for t in texts if not re.search(t, everything)]
        self.check(f'{what}: status {status}' + ''.join(f', no "{t}"' for t in lacks), run.returncode == status and not lacks, run)
        return run

    def agreement(self):
        run = self.expect('the network equals its origin', self.run('--report', self.work / 'net.html', '--dot', self.work / 'net.dot'), 0, 'equal within 1.0e-04: ',
                          r'compared with (ONNX Runtime|dsi)', r'conv \+ add \+ relu', r'GFLOP/s', 'probability =out', 'best =out', r'gain +float32 scalar +\(bound\)', 'random, seed 1')
        self.check('its answers are those of ONNX Runtime', 'compared with ONNX Runtime' in run.stdout, run)
        self.check('progress and notes are not on standard output', 'compiling' in run.stderr and 'compiling' not in run.stdout, run)
        self.expect('double as the reference', self.run('--reference', 'double'), 0, "compared with dsi's reference loops in double", 'equal within')
        self.expect('a Python without ONNX Runtime', self.run(python='/nonexistent/python'), 0, 'has no onnxruntime; comparing with the reference loops in double', 'equal within')
        values = np.random.default_rng(1).standard_normal((1, 3, 12, 12)).astype(np.float32)
        np.save(self.work / 'x.npy', values)
        self.expect('given inputs', self.run('--input', f'x={self.work}/x.npy'), 0, r'x +float32 1x3x12x12 +\(.*x\.npy\)', 'equal within')
        self.expect('another seed', self.run('--seed', 5), 0, 'random, seed 5', 'equal within')
        self.expect('a tolerance below the rounding', self.run('--tolerance', '1e-12', '--reference', 'double'), 1, 'departs first at step', 'tolerance 1.0e-12')

    def departures(self):
        for reference in ('double', 'onnxruntime'):
            run = self.expect(f'one changed weight ({reference})', self.run('--origin', self.work / 'weight.onnx', '--reference', reference), 1,
                              r'departs first at step \d+, conv \+ add \+ relu( \+ mul)? -> (active|scaled)', 'on weight.onnx', r'it computes Conv "second", Add "residual", Relu "relu2"', '--unfused')
            marked = [line for line in run.stdout.split('\n') if line.startswith('>>')]
            self.check(f'it alone is the first ({reference})', len(marked) == 1 and 'conv + add + relu' in marked[0], run)
        run = self.expect('unfused names the node', self.run('--unfused', '--origin', self.work / 'activation.onnx', keep='unfused'), 1,
                          r'departs first at step \d+, relu -> active', 'it computes Relu "relu2"', r'16 steps \(unfused\)|steps \(unfused\)')
        self.check('and compares every node', all(re.search(rf' {re.escape(t)} ', run.stdout) for t in ('first:0', 'first relu', 'second', 'sum', 'edge', 'mean')), run)
        self.expect('unfused equals its origin', self.run('--unfused', keep='unfused'), 0, 'equal within')
        x = np.ones((1, 3, 12, 12), np.float32)
        np.save(self.work / 'ones.npy', x)
        right = onnx.reference.ReferenceEvaluator(self.inner('right')).run(None, {'x': x, 'gain': np.float32(1.5)})[0]
        right = right.copy()
        right[0, 4, 3, 2] += 1
        np.save(self.work / 'right.npy', right)
        report = self.work / 'wrong.html'
        self.expect('one changed element of a second result', self.run('--input', f'x={self.work}/ones.npy', '--output', f'right={self.work}/right.npy', '--report', report), 1,
                    r'departs first at step \d+, split -> right', r'1 of 576 elements are beyond it; the worst is at \[0, 4, 3, 2\]', 'and the given values')
        self.check('the report shows it', 'class="mark wrong"' in report.read_text() and 'first: right' in report.read_text())
        nothing = np.full((1, 5), np.nan, np.float32)
        np.save(self.work / 'nan.npy', nothing)
        self.expect('numbers instead of NaN', self.run('--output', f'probability={self.work}/nan.npy'), 1, 'relative error inf')

    def inner(self, tensor):
        model = network()
        del model.graph.output[:]
        model.graph.output.append(helper.make_tensor_value_info(tensor, TensorProto.FLOAT, None))
        return model

    def files(self):
        text = (self.work / 'net.html').read_text()
        parsed = page(text)
        self.check(f'the report is well formed: {parsed.open}', not parsed.open)
        self.check('it has its plots', {'error', 'time', 'slowest', 'roofline'} <= set(parsed.ids) and parsed.tags.count('svg') == 4)
        self.check('it loads nothing', not parsed.loads and 'url(' not in text and '@import' not in text and '<script' not in text)
        self.check('it follows light and dark', 'prefers-color-scheme: dark' in text)
        self.check('a name from the file is text', '<b>:0' not in text and 'half&lt;b&gt;' in text)
        dot = (self.work / 'net.dot').read_text()
        drawn = set(re.findall(r'^ +(\w+) \[', dot, re.M))
        ends = {e for pair in re.findall(r'^ +(\w+) -> (\w+)', dot, re.M) for e in pair}
        self.check('the drawing names what it joins', ends and ends <= drawn and dot.count('{') == dot.count('}'))
        self.check('it has a box for each group', dot.count('subgraph cluster_') >= 6 and 'Conv \\"second\\"' in dot)
        if shutil.which('dot'):
            run = subprocess.run(['dot', '-Tsvg', str(self.work / 'net.dot')], capture_output=True, text=True)
            self.check('dot draws it', run.returncode == 0 and '<svg' in run.stdout and 'Warning' not in run.stderr, run)
        else:
            print('not run dot: no Graphviz')

    def refusals(self):
        wide = np.zeros((1, 3, 12, 12))
        np.save(self.work / 'wide.npy', wide)
        np.save(self.work / 'short.npy', wide.astype(np.float32)[:, :2])
        for what, run, text in (
                ('no model', subprocess.run([self.dsi, 'compare'], capture_output=True, text=True), 'no model'),
                ('an unknown option', self.run('--fast'), 'is no option here'),
                ('a tolerance that is none', self.run('--tolerance', 'tiny'), 'is not a positive number, such as 1e-4'),
                ('two batch sizes', self.run('--batch', 1, 2, dims=()), 'runs one size'),
                ('a reference that is none', self.run('--reference', 'torch'), 'none of onnxruntime, double'),
                ('a model that is none', self.run(model=self.work / 'x.npy'), 'not an ONNX file'),
                ('a file that is not there', self.run(model=self.work / 'nothing.onnx'), 'nothing.onnx'),
                ('an open dimension', self.run(dims=()), 'dimension 0 .batch. is not fixed'),
                ('an input that is not there', self.run('--input', f'y={self.work}/x.npy'), 'no such input; its inputs are: x'),
                ('a bound input', self.run('--input', f'gain={self.work}/x.npy'), 'no such input'),
                ('values of another type', self.run('--input', f'x={self.work}/wide.npy'), 'has float64 elements, the input float32'),
                ('too few values', self.run('--input', f'x={self.work}/short.npy'), 'has 288 elements, the input 432'),
                ('values of a tensor inside a group', self.run('--output', f'sum={self.work}/x.npy'), 'use --unfused'),
                ('ONNX Runtime that is not there', self.run('--reference', 'onnxruntime', python='/nonexistent/python'), '/nonexistent/python has no onnxruntime'),
                ('a report that cannot be written', self.run('--report', self.work / 'no/such/report.html'), 'report.html: cannot be written'),
                ('a compiler that fails', self.run(keep=None, CXX='/bin/false'), 'building the network: failed'),
        ):
            self.expect(what, run, 2, text)
            self.check(f'{what}: on standard error', re.search(text, run.stderr) and not run.stdout.startswith('dsi compare'), run)
        self.check('help says what the exit status means', 'Exit status: 0 equal' in subprocess.run([self.dsi, 'compare', '--help'], capture_output=True, text=True).stdout)
        self.check('no temporary folder is left', not list(self.temporary.glob('dsi-compare-*')))

    def other_forms(self):
        run = self.expect('half, batch 2, threads', self.run('--batch', 2, '--numeric', 'half', '--threads', 'spin', 2, dims=(), keep=None), 0, 'spin 2, half', 'equal within 2.0e-02', 'x +float32 2x3x12x12')
        self.check('the output is compared on both sides of its conversion', len(re.findall(r'probability( =out)? +2x5 +\d', run.stdout)) == 2, run)
        self.check('no temporary folder is left after a run', not list(self.temporary.glob('dsi-compare-*')))

    def installed(self, build):
        prefix = self.work / 'prefix'
        run = subprocess.run(['cmake', '--install', build, '--prefix', str(prefix)], capture_output=True, text=True)
        self.check('it installs', run.returncode == 0, run)
        # Another copy of the model's folder, with a blank in its name; nothing of the build tree is named.
        model = self.work / 'a folder' / '7 net.onnx'
        model.parent.mkdir()
        shutil.copy(self.net, model)
        run = self.expect('after install', self.run(dsi=str(prefix / 'bin/dsi'), model=model, keep='installed'), 0, 'equal within', 'compared with ONNX Runtime')
        cache = (self.work / 'installed/build/CMakeCache.txt').read_text() if run.returncode == 0 else ''
        self.check('with the installed package', f'dsi_DIR:UNINITIALIZED={prefix}' in cache or f'dsi_DIR:PATH={prefix}' in cache)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('dsi')
    arguments.add_argument('work', type=pathlib.Path)
    arguments.add_argument('--install')
    a = arguments.parse_args()
    shutil.rmtree(a.work, ignore_errors=True)
    a.work.mkdir(parents=True)
    t = compare_test(str(pathlib.Path(a.dsi).absolute()), a.work.absolute())
    t.agreement()
    t.departures()
    t.files()
    t.refusals()
    t.other_forms()
    if a.install:
        t.installed(a.install)
    print(f'{t.passed} passed, {t.failed} failed')
    return 1 if t.failed else 0


if __name__ == '__main__':
    sys.exit(main())
