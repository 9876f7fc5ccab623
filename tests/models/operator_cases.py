# SPDX-License-Identifier: MIT
"""The list of one-operator cases; the files operators_*.py fill it. Sizes are odd on purpose, and no multiple of 8."""
import copy

from onnx_builder import Net
from settled import SETTLED

FAMILIES = {}  # family -> {case: (opset, build)}


def family(name, atol=None):
    """-> case(name, build, opset=17), which adds to that family. build(net) returns the output's name or names."""
    cases = FAMILIES.setdefault(name, {})

    def case(name, build, opset=17):
        if any(name in c for c in FAMILIES.values()):
            raise ValueError(f'two cases named {name}')
        cases[name] = (opset, build if atol is None else lambda net: exactly(net, build(net), atol))
    return case


def exactly(net, y, atol):
    """The outputs of an elementwise operator: no sums, so what is small is right to more than 1e-5 of the largest value."""
    net.atol = dict.fromkeys([y] if isinstance(y, str) else y, atol)
    return y


def make(name, opset, build):
    net = Net(f'every_op/{name}', opset)
    net.exact = SETTLED.get(name)
    y = build(net)
    return net.out(*([y] if isinstance(y, str) else y))


def all_operators():
    import operators_arithmetic, operators_control, operators_recurrent, operators_shape, operators_spatial  # noqa: F401  they fill FAMILIES
    return {f'every_op/{name}': (lambda n=name, o=opset, b=build: make(n, o, b))
            for cases in FAMILIES.values() for name, (opset, build) in cases.items()}


def bundle(title, opset, nets):
    """All nets of one opset in one graph, so that a test compiles once for many cases. Names get the case's name in front."""
    whole = Net(f'every_op_bundle/{title}', opset)
    whole.parts = nets
    for net in map(copy.deepcopy, nets):
        net.rename(net.name.split('/')[1] + '/')
        whole.inputs.update(net.inputs)
        whole.weights.update(net.weights)
        whole.nodes += net.nodes
        whole.outputs += net.outputs
        whole.atol.update(net.atol)
    return whole


def all_bundles():
    """A bundle is a family's cases of one opset."""
    all_operators()
    r = {}
    for name, cases in FAMILIES.items():
        for opset in sorted({at for at, _ in cases.values()}):
            title, part = f'{name}_op{opset}', {n: build for n, (at, build) in cases.items() if at == opset}
            r[f'every_op_bundle/{title}'] = lambda t=title, o=opset, p=part: bundle(t, o, [make(n, o, b) for n, b in p.items()])
    return r
