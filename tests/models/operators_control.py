# SPDX-License-Identifier: MIT
"""If with a condition that is data, Loop and Scan that are unrolled; the graphs inside read values around them."""
import numpy as np
from onnx import TensorProto, helper

from operator_cases import family

BOOL, INT, FLOAT = TensorProto.BOOL, TensorProto.INT64, TensorProto.FLOAT


def inside(nodes, inputs, outputs):
    """A graph of (operator, inputs, output, attributes); inputs and outputs are name -> (type, shape)."""
    value = lambda item: helper.make_tensor_value_info(item[0], *item[1])
    return helper.make_graph([helper.make_node(op, ins, [out], name=out, **(rest[0] if rest else {})) for op, ins, out, *rest in nodes], 'inside',
                             [value(i) for i in inputs.items()], [value(o) for o in outputs.items()])


def choice(condition):
    def build(n):
        x, p, two = n.x(3, 7), n.x(name='p', value=np.array(condition)), n.w(value=np.float32(2))
        yes = inside([('Mul', [x, two], 'doubled')], {}, {'doubled': (FLOAT, [3, 7])})
        no = inside([('Softmax', [x], 'soft'), ('Neg', ['soft'], 'negative')], {}, {'negative': (FLOAT, [3, 7])})
        return n.op('Tanh', n.op('If', p, then_branch=yes, else_branch=no))
    return build


def loop(n):
    """Two carried values and a collected one, a vector: onnx.reference joins others instead of stacking them."""
    x, w, zero, times = n.x(1, 7), n.w(7, 7, scale=.4), n.w(1, 7, scale=0), n.w(value=np.int64(4))
    body = inside([('MatMul', ['s', w], 'product'), ('Cast', ['i'], 'number', {'to': FLOAT}), ('Add', ['product', 'number'], 's1'), ('Add', ['t', 's1'], 't1'), ('Identity', ['c'], 'c1'),
                   ('Tanh', ['s1'], 'row'), ('ReduceMax', ['row'], 'o', {'axes': [0], 'keepdims': 0})],
                  {'i': (INT, []), 'c': (BOOL, []), 's': (FLOAT, [1, 7]), 't': (FLOAT, [1, 7])},
                  {'c1': (BOOL, []), 's1': (FLOAT, [1, 7]), 't1': (FLOAT, [1, 7]), 'o': (FLOAT, [7])})
    return n.op('Loop', times, n.w(value=np.array(True)), x, zero, out=3, body=body)


def scan(n):
    """Two sequences, a carried value and two collected ones. Other axes and directions, which onnx.reference does not have, are in
    tests/import/control_flow_test.cpp."""
    s, a, b, k = n.x(5), n.x(9, 5), n.x(9, 5), n.x(5)
    body = inside([('Mul', ['u', 'v'], 'uv'), ('Add', ['s', 'uv'], 's1'), ('Tanh', ['s1'], 'o'), ('Sub', ['s1', k], 'd')], {'s': (FLOAT, [5]), 'u': (FLOAT, [5]), 'v': (FLOAT, [5])},
                  {'s1': (FLOAT, [5]), 'o': (FLOAT, [5]), 'd': (FLOAT, [5])})
    return n.op('Scan', s, a, b, out=3, body=body, num_scan_inputs=2)


def nested(n):
    """A loop in a loop in a branch."""
    x, p, times, on = n.x(5), n.x(name='p', value=np.array(True)), n.w(value=np.int64(3)), n.w(value=np.array(True))  # '' for on: onnx.reference would not run once
    inner = inside([('Add', ['u', x], 'u1'), ('Identity', ['d'], 'd1')], {'j': (INT, []), 'd': (BOOL, []), 'u': (FLOAT, [5])}, {'d1': (BOOL, []), 'u1': (FLOAT, [5])})
    outer = inside([('Loop', [times, on, 'so_far'], 'done', {'body': inner}), ('Identity', ['c'], 'c1')], {'i': (INT, []), 'c': (BOOL, []), 'so_far': (FLOAT, [5])}, {'c1': (BOOL, []), 'done': (FLOAT, [5])})
    yes = inside([('Loop', [times, on, x], 'r', {'body': outer})], {}, {'r': (FLOAT, [5])})
    return n.op('If', p, then_branch=yes, else_branch=inside([('Neg', [x], 'm')], {}, {'m': (FLOAT, [5])}))


case = family('control')
case('if_taken', choice(True))
case('if_not_taken', choice(False))
case('loop', loop)
case('scan', scan)
case('nested_loops', nested)
