# SPDX-License-Identifier: MIT
"""Builds a small ONNX model with its inputs, computes its outputs, and writes all of it as a case folder."""
import json
import os
import zlib

import numpy as np
import onnx
from onnx import helper, numpy_helper

# The oldest IR that ONNX allows with an opset: exporters of that day wrote it. IR 3 lists initializers as graph inputs too.
IR = {7: 3, 8: 3, 9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11, 24: 12}


def rename_nodes(nodes, new_name):
    """Gives every name in nodes, and in the graphs inside them, its new one."""
    for n in nodes:
        n.name = new_name(n.name)
        n.input[:], n.output[:] = [new_name(i) for i in n.input], [new_name(i) for i in n.output]
        for a in n.attribute:
            if a.HasField('g'):
                for v in (*a.g.input, *a.g.output, *a.g.initializer):
                    v.name = new_name(v.name)
                rename_nodes(a.g.node, new_name)


class Net:
    """Nodes are added in order; every name is the value's name in the file."""

    def __init__(self, name, opset=17):
        self.name, self.opset = name, opset
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))  # a case's numbers do not depend on the others
        self.inputs, self.weights, self.nodes, self.outputs = {}, {}, [], []
        self.atol = {}     # output -> absolute tolerance, where 1e-5 of its magnitude would be too much
        self.parts = []    # the nets that a bundle is made of
        self.options = ''  # further arguments of dsi_add_model
        self.lengths = None  # of the items of the batch, for recurrent layers
        self.exact = None  # computes the output from inputs and weights by name, where onnx.reference does it wrongly

    def x(self, *shape, name=None, low=None, high=None, scale=1.0, value=None):
        """An input: normally distributed, or uniform in [low, high), or the given value."""
        name = name or f'x{len(self.inputs)}'
        if value is not None:
            self.inputs[name] = np.asarray(value)
        elif low is not None:
            self.inputs[name] = self.rng.uniform(low, high, shape).astype('f4')
        else:
            self.inputs[name] = (scale * self.rng.standard_normal(shape)).astype('f4')
        return name

    def w(self, *shape, name=None, low=None, high=None, scale=1.0, value=None):
        """An initializer, as x()."""
        name = name or f'w{len(self.weights)}'
        if value is not None:
            self.weights[name] = np.asarray(value)
        elif low is not None:
            self.weights[name] = np.asarray(self.rng.uniform(low, high, shape), 'f4')
        else:
            self.weights[name] = np.asarray(scale * self.rng.standard_normal(shape), 'f4')
        return name

    def ints(self, *values):
        return self.w(value=np.array(values, 'i8'))

    def op(self, op, *inputs, out=1, name=None, **attributes):
        """-> the output's name, or a list of `out` names; out='name' names it, out=['', 'b'] leaves the first away."""
        label = name or f'{op.lower()}{sum(n.op_type == op for n in self.nodes)}'
        if isinstance(out, int):
            names = [label + (f'.{i}' if out > 1 else '.out') for i in range(out)]
        else:
            names = [out] if isinstance(out, str) else list(out)
        # a trailing optional input left away is not written at all
        inputs = list(inputs)
        while inputs and not inputs[-1]:
            inputs.pop()
        self.nodes.append(helper.make_node(op, inputs, names, label, **attributes))
        return names[0] if out == 1 or isinstance(out, str) else names

    def out(self, *names):
        self.outputs += names
        return self

    def rename(self, prefix):
        """Puts a prefix before every name, so that several nets can stand in one graph."""
        p = lambda n: prefix + n if n else n
        self.inputs = {p(k): v for k, v in self.inputs.items()}
        self.weights = {p(k): v for k, v in self.weights.items()}
        self.outputs, self.atol = [p(n) for n in self.outputs], {p(k): v for k, v in self.atol.items()}
        rename_nodes(self.nodes, p)
        return self

    def model(self, output_values=None):
        info = lambda k, v: helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
        if output_values is None:
            outputs = [helper.make_empty_tensor_value_info(k) for k in self.outputs]
        else:
            outputs = [info(k, v) for k, v in zip(self.outputs, output_values)]
        ir = IR[self.opset]
        listed = {**self.inputs, **(self.weights if ir < 4 else {})}
        graph = helper.make_graph(self.nodes, self.name.replace('/', '_'), [info(k, v) for k, v in listed.items()], outputs,
                                  [numpy_helper.from_array(np.ascontiguousarray(v).reshape(v.shape), k) for k, v in self.weights.items()])
        return helper.make_model(graph, opset_imports=[helper.make_opsetid('', self.opset)], ir_version=ir,
                                 producer_name='tests/models/make_models.py')


def run_ort(model, inputs, optimize=True):
    import onnxruntime as ort
    o = ort.SessionOptions()
    o.intra_op_num_threads = o.inter_op_num_threads = 1
    o.log_severity_level = 4
    level = ort.GraphOptimizationLevel
    o.graph_optimization_level = level.ORT_ENABLE_ALL if optimize else level.ORT_DISABLE_ALL
    return ort.InferenceSession(model.SerializeToString(), o, providers=['CPUExecutionProvider']).run(None, inputs)


def run_reference(net):
    """-> outputs without onnxruntime, and what computed them"""
    if net.parts:
        return [y for part in net.parts for y in run_reference(part)[0]], 'one by one'
    if net.exact:
        return [net.exact({**net.inputs, **net.weights}).astype('f4')], f'numpy {np.__version__}'
    if net.lengths:
        return run_items(net), f'onnx.reference {onnx.__version__}, item by item'
    from onnx.reference import ReferenceEvaluator
    with np.errstate(all='ignore'):  # it lets exponentials overflow on purpose
        return [np.asarray(v) for v in ReferenceEvaluator(net.model()).run(None, net.inputs)], f'onnx.reference {onnx.__version__}'


def run_items(net):
    """A recurrent layer over sequences x [steps, items, ...] of different lengths, which onnx.reference does not look at: each item
    alone, as long as it is. What is behind its end is 0 in y_out."""
    from onnx.reference import ReferenceEvaluator
    run, steps, results = ReferenceEvaluator(net.model()), net.inputs['x'].shape[0], []
    for item, length in enumerate(net.lengths):
        one = {k: v if k == 'lengths' else v[:, item:item + 1] for k, v in net.inputs.items()}
        one |= {'x': one['x'][:length], 'lengths': np.array([length], 'i4')}
        results.append([np.asarray(v) for v in run.run(None, one)])
    whole = lambda v: np.pad(v, [(0, steps - v.shape[0])] + [(0, 0)] * (v.ndim - 1))
    return [np.concatenate([whole(r[i]) if v == 'y_out' else r[i] for r in results], axis=2 if v == 'y_out' else 1) for i, v in enumerate(net.outputs)]


def compute(net, engine='auto'):
    """-> outputs, the engine's name, how far two right computations of each output lie apart (largest difference)"""
    model, why = net.model(), ''
    if engine in ('auto', 'ort'):
        try:
            y = run_ort(model, net.inputs)
            plain = run_ort(model, net.inputs, optimize=False)
            import onnxruntime
            spread = [float(np.abs(a.astype('f8') - b.astype('f8')).max(initial=0)) for a, b in zip(y, plain)]
            return y, f'onnxruntime {onnxruntime.__version__} CPU, 1 thread', spread
        except Exception as e:
            # not installed, or too old for this operator or opset; a wrong model fails below and in the checker too
            if engine == 'ort':
                raise
            why = ', as onnxruntime says: ' + str(e).splitlines()[0][:120]
    y, by = run_reference(net)
    return y, by + why, [0.0] * len(y)


def write(net, folder, engine='auto'):
    """Writes the case folder and returns its meta.json."""
    y, by, spread = compute(net, engine)
    for k, v in zip(net.outputs, y):
        if not np.isfinite(v).all():
            raise ValueError(f'{net.name}: output {k} is not finite')
    model = net.model(y)
    onnx.checker.check_model(model, full_check=True)
    os.makedirs(folder, exist_ok=True)
    for old in os.listdir(folder):
        if old.startswith(('in_', 'out_')):
            os.remove(f'{folder}/{old}')
    onnx.save(model, f'{folder}/model.onnx')
    meta = {'model': net.name, 'opset': net.opset, 'options': net.options, 'reference': by, 'inputs': [], 'outputs': []}
    for i, (k, v) in enumerate(net.inputs.items()):
        np.save(f'{folder}/in_{i}.npy', v)
        meta['inputs'].append({'name': k, 'file': f'in_{i}.npy', 'shape': list(v.shape), 'dtype': str(v.dtype)})
    for i, (k, v, s) in enumerate(zip(net.outputs, y, spread)):
        np.save(f'{folder}/out_{i}.npy', v)
        top = float(np.abs(v).max(initial=0))
        # 1e-5 of the magnitude lets sums run in any order; the spread counts where a deep network enlarges that
        meta['outputs'].append({'name': k, 'file': f'out_{i}.npy', 'shape': list(v.shape), 'dtype': str(v.dtype), 'max_abs': top,
                                'atol': net.atol.get(k, max(1e-5 * top, 10 * s)), 'rtol': 1e-4})
    with open(f'{folder}/meta.json', 'w') as f:
        json.dump(meta, f, indent=1)
    return meta
