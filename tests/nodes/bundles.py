# SPDX-License-Identifier: MIT
"""Many node tests in one model, so that a compiler is started a few dozen times instead of a thousand."""
import collections
import dataclasses
import json
import shutil

import onnx
from onnx import compose, defs, helper

from cases import all_nodes

MOST = 40   # compiled units of all tests together
SMALL = 25  # tests of an opset that get no unit of their own where a later opset may take them


@dataclasses.dataclass
class Bundle:
    opset: int
    cases: list


def means_the_same(case, opset):
    """Its operators are the same versions in that opset."""
    since = lambda node, at: defs.get_schema(node.op_type, at, node.domain).since_version
    return all(since(n, case.opset) == since(n, opset) for n in all_nodes(case.model.graph))


def plan(cases):
    """-> {name: Bundle}, at most MOST bundles. Neighbours in the alphabet, which are of one operator, go to different bundles of an opset."""
    groups = collections.defaultdict(list)
    for c in cases:
        groups[c.opset].append(c)
    for opset in sorted(groups):
        if len(groups[opset]) < SMALL:
            later = [o for o in sorted(groups) if o > opset and len(groups[o]) >= SMALL]
            for c in groups.pop(opset):
                to = next((o for o in later if means_the_same(c, o)), opset)
                groups[to].append(c)
    size = 1
    while sum(-(-len(g) // size) for g in groups.values()) > MOST:
        size += 1
    bundles = {}
    for opset, group in sorted(groups.items()):
        count = -(-len(group) // size)
        for i in range(count):
            bundles[f'opset{opset}_{i}'] = Bundle(opset, sorted(group, key=lambda c: c.name)[i::count])
    return bundles


def write(folder, bundle, folders):
    """One model whose values are named CASE/VALUE, with the data of its cases; `folders`: by name."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    graph = helper.make_graph([], folder.name, [], [])
    meta = {'inputs': [], 'outputs': [], 'bind': {}}
    for c in bundle.cases:
        prefix = c.name + '/'
        part = compose.add_prefix_graph(c.model.graph, prefix)
        graph.node.extend(part.node)
        graph.input.extend(part.input)
        graph.output.extend(part.output)
        own = json.loads((folders[c.name] / 'meta.json').read_text())
        for kind, stem in (('inputs', 'in'), ('outputs', 'out')):
            for v in own[kind]:
                file = f'{stem}_{len(meta[kind])}.npy'
                shutil.copy(folders[c.name] / v['file'], folder / file)
                meta[kind].append({**v, 'name': prefix + v['name'], 'file': file})
        for name, value in own['bind'].items():
            if value.startswith('@'):
                file = f'bound_{len(meta["bind"])}.npy'
                shutil.copy(folders[c.name] / value[1:], folder / file)
                value = '@' + file
            meta['bind'][prefix + name] = value
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', bundle.opset)], ir_version=max(c.model.ir_version for c in bundle.cases))
    onnx.save(model, folder / 'model.onnx')
    (folder / 'meta.json').write_text(json.dumps(meta))
