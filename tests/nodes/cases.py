#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ONNX's own node tests as case folders, made from the onnx wheel (no data files, nothing downloaded).

    cases.py DIR [NAME]...     writes all cases, or those named

DIR/NAME/ gets model.onnx, in_I.npy, out_I.npy, bound_I.npy, bind.txt (what BIND is given: `INPUT=@bound_I.npy` or `INPUT=1.5,2`) and meta.json, in the form
of tests/models. Inputs are numbered without the bound ones. NumPy has no bfloat16: such a file holds the bits as uint16.
"""
import json
import pathlib
import re
import sys
import warnings

import numpy as np
import onnx
from onnx import TensorProto, defs, numpy_helper

# What these inputs hold decides shapes, axes or how often something runs, by their names in the operators' schemas. A shape is part of the
# type of a compiled network, so they are bound; every operator in ONNX means the same by these names.
DECIDING = {'axes', 'axis', 'starts', 'ends', 'steps', 'split', 'shape', 'output_shape', 'image_shape', 'block_shape', 'size', 'sizes', 'scales', 'roi', 'pads',
            'repeats', 'k', 'depth', 'dft_length', 'frame_length', 'frame_step', 'cond', 'training_mode'}
# Names that mean it in these operators only.
DECIDING_IN = {'Range': {'start', 'limit', 'delta'}, 'ConstantOfShape': {'input'}, 'Compress': {'condition'}, 'Dropout': {'ratio'}, 'TopK': {'K'}, 'Loop': {'M'},
               'MelWeightMatrix': {'num_mel_bins', 'sample_rate', 'lower_edge_hertz', 'upper_edge_hertz'}}
# What these give depends on their input's shape, which is known, and not on what it holds.
SHAPE_ONLY = {'Shape', 'Size'}

# Element types beyond those of dsi, by the reason that scope.txt gives.
FOREIGN_TYPES = {'string': {TensorProto.STRING}, 'complex numbers': {TensorProto.COMPLEX64, TensorProto.COMPLEX128}}
for _name, _value in TensorProto.DataType.items():
    if _name.startswith('FLOAT8'):
        FOREIGN_TYPES.setdefault('8-bit float type', set()).add(_value)
    elif _name in ('INT4', 'UINT4', 'FLOAT4E2M1'):
        FOREIGN_TYPES.setdefault('4-bit type', set()).add(_value)
    elif _name in ('INT2', 'UINT2'):
        FOREIGN_TYPES.setdefault('2-bit type', set()).add(_value)
LOSSES = {'NegativeLogLikelihoodLoss', 'SoftmaxCrossEntropyLoss'}
RANDOM = {'Bernoulli', 'Multinomial', 'RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike'}
TRAINING_DOMAIN = 'ai.onnx.preview.training'
# The extents of their outputs are numbers of elements that meet a condition.
COUNTING = {'NonZero', 'Unique', 'NonMaxSuppression', 'Compress'}
OLDEST_OPSET = 7


def inner_graphs(node):
    return [g for a in node.attribute for g in [a.g] * a.HasField('g') + list(a.graphs)]


def all_nodes(graph):
    """The nodes of a graph and of those inside it."""
    for n in graph.node:
        yield n
        for inner in inner_graphs(n):
            yield from all_nodes(inner)


def opset_of(model):
    return next((o.version for o in model.opset_import if o.domain in ('', 'ai.onnx')), 0)


def formal_name(node, position, opset):
    """The name that the operator's schema gives to an input."""
    try:
        inputs = defs.get_schema(node.op_type, opset, node.domain).inputs
    except defs.SchemaError:
        return ''
    return inputs[min(position, len(inputs) - 1)].name if inputs else ''


def deciding_inputs(model):
    """Names of the graph's inputs that decide shapes, directly or through what is computed from them."""
    opset, nodes = opset_of(model), list(all_nodes(model.graph))
    producer = {v: n for n in nodes for v in n.output}
    wanted = [v for n in nodes for i, v in enumerate(n.input)
              if v and formal_name(n, i, opset) in DECIDING | DECIDING_IN.get(n.op_type, set())]
    seen = set()
    while wanted:
        v = wanted.pop()
        if v not in seen:
            seen.add(v)
            if v in producer and producer[v].op_type not in SHAPE_ONLY:
                wanted += [*producer[v].input, *(o.name for g in inner_graphs(producer[v]) for o in g.output)]
    return [v.name for v in model.graph.input if v.name in seen]


def beyond_scope(model, given):
    """Why a network that is compiled with static shapes for inference cannot be this one, or nothing. `given`: inputs by name."""
    values = list(model.graph.input) + list(model.graph.output)
    nodes = list(all_nodes(model.graph))
    kinds = {v.type.WhichOneof('value') for v in values}
    if kinds - {'tensor_type'}:
        return 'sequence, optional or map type'
    types = {v.type.tensor_type.elem_type for v in values}
    types |= {a.i for n in nodes for a in n.attribute if n.op_type in ('Cast', 'QuantizeLinear') and a.name in ('to', 'output_dtype')}
    for reason, foreign in FOREIGN_TYPES.items():
        if types & foreign:
            return reason
    domains = {n.domain for n in nodes} - {'', 'ai.onnx'}
    operators = {n.op_type for n in nodes}
    trains = any(a.name == 'training_mode' and a.i for n in nodes for a in n.attribute) or any(
        formal_name(n, i, opset_of(model)) == 'training_mode' and v in given and given[v] for n in nodes for i, v in enumerate(n.input))
    if trains or TRAINING_DOMAIN in domains or operators & LOSSES:
        return 'training'
    if domains:
        return f'operator domain {sorted(domains)[0]}'
    if any(re.search('Sequence|Optional', o) and o != 'ReverseSequence' for o in operators):
        return 'sequence, optional or map type'
    if operators & RANDOM:
        return 'random'
    if 'ImageDecoder' in operators:
        return 'image file formats'
    if opset_of(model) < OLDEST_OPSET:
        return f'opset below {OLDEST_OPSET}'
    if operators & COUNTING or not all(d.HasField('dim_value') for v in values for d in v.type.tensor_type.shape.dim):
        return 'dynamic shape: decided by values at run time'
    return ''


class NodeCase:
    """One test of the wheel."""

    def __init__(self, test, tests):
        self.name, self.model = test.name, test.model
        self.rtol, self.atol = test.rtol, test.atol
        (self.given, self.expected), = test.data_sets
        # The test of an operator's definition by others belongs to that operator.
        origin = tests.get(re.sub(r'_expanded(_ver\d+)?$', '', test.name), test)
        self.operator = origin.model.graph.node[0].op_type
        self.opset = opset_of(test.model)
        self.beyond = beyond_scope(test.model, {value.name: v for value, v in zip(test.model.graph.input, self.given)})

    def tensors(self):
        """-> inputs and outputs as arrays, or nothing where NumPy has no such values."""
        def array(v):
            v = numpy_helper.to_array(v) if isinstance(v, TensorProto) else v
            v = np.asarray(v) if isinstance(v, (np.ndarray, np.generic)) else None
            return v if v is not None and (v.dtype.kind in 'fiub' or v.dtype.name == 'bfloat16') else None
        given, expected = [array(v) for v in self.given], [array(v) for v in self.expected]
        return None if any(v is None for v in given + expected) else (given, expected)

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        onnx.save(self.model, folder / 'model.onnx')
        meta = {'inputs': [], 'outputs': [], 'bind': {}}
        tensors = self.tensors()
        if tensors:
            bound = deciding_inputs(self.model)

            def save(stem, v):
                path = folder / f'{stem}.npy'
                np.save(path, v.view(np.uint16) if v.dtype.name == 'bfloat16' else v)
                return {'file': path.name, 'dtype': v.dtype.name, 'shape': list(v.shape)}

            for i, (value, v) in enumerate(zip(self.model.graph.input, tensors[0], strict=True)):
                if value.name in bound and v.dtype.name == 'bfloat16':
                    meta['bind'][value.name] = ','.join(str(float(x)) for x in v.flat)
                elif value.name in bound:
                    meta['bind'][value.name] = '@' + save(f'bound_{i}', v)['file']
                else:
                    meta['inputs'].append({'name': value.name, **save(f'in_{len(meta["inputs"])}', v)})
            for i, (value, v) in enumerate(zip(self.model.graph.output, tensors[1], strict=True)):
                # Two steps of a bfloat16 are more than rtol; ONNX's own runner allows them.
                rtol = max(self.rtol, 2**-6) if v.dtype.name == 'bfloat16' else self.rtol
                meta['outputs'].append({'name': value.name, 'rtol': rtol, 'atol': self.atol, **save(f'out_{i}', v)})
            (folder / 'bind.txt').write_text(''.join(f'{k}={v}\n' for k, v in meta['bind'].items()))
        (folder / 'meta.json').write_text(json.dumps(meta))


def collect():
    """All cases of the installed wheel, by name."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # NumPy's, about overflows that the tests compute on purpose
        from onnx.backend.test.case.node import collect_testcases
        tests = {t.name: t for t in collect_testcases(None)}
    return {name: NodeCase(tests[name], tests) for name in sorted(tests)}


def main():
    if len(sys.argv) < 2 or sys.argv[1] in ('-h', '--help'):
        print(__doc__)
        return 2
    cases = collect()
    for name in sys.argv[2:] or cases:
        cases[name].write(pathlib.Path(sys.argv[1]) / name)
    print(f'{len(sys.argv[2:] or cases)} cases in {sys.argv[1]}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
