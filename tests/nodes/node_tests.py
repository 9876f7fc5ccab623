#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ONNX's node tests: those of the wheel against scope.txt.

    node_tests.py --work DIR --program GOLDEN_NATIVE [--update] [--table]     all of them, without a compiler
    node_tests.py --work DIR --tool DSI [--long] [--bundle NAME]...           those that pass, compiled in bundles by dsi_add_model
    node_tests.py --work DIR --list                                       the bundles and their tests

A test that scope.txt does not list, that it lists and the wheel has no more, or that is in another state than listed fails. --update writes
what was found into scope.txt and --table into docs/node-tests.md; without it, the docs must say the same. Without --long only eight bundles
are compiled, in about a minute. Outputs are compared as ONNX's own runner does, except that integers must be equal.
Needs numpy and the version of onnx that scope.txt names. Prints `N passed, N failed`.
"""
import argparse
import collections
import pathlib
import re
import sys

import onnx

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / 'tests/golden')]
import bundles
import cases as node_cases
from native import ENDED, answers, check
from run import Case, checked_apart, compile_project
from scope import Entry, Scope, table

DOCS = ROOT / 'docs/node-tests.md'
WRONG = 'wrong numbers'
# One bundle of each opset that brought many operators.
QUICK = ('opset13_0', 'opset14_0', 'opset18_0', 'opset20_0', 'opset22_1', 'opset25_0', 'opset27_0', 'opset28_0')


def reason_of(text):
    """The part of an error that does not name this network's nodes."""
    text = re.sub(r'^error (error: )?', '', text).split('; ')[0]
    text = re.sub(r'^\w+ \(output "[^"]*"\): ', '', text)
    return re.sub(r' (\(output )?"[^"]*"\)?', '', text).strip()


def found_natively(program, cases, folders):
    """-> {name: (Entry, what to print)} of every case."""
    found = {}
    for case, line in zip(cases.values(), answers(program, list(folders.values()))):
        text = line.partition(': ')[2]
        if text.startswith(ENDED):
            found[case.name] = Entry('crash', text), text
        elif text.startswith('error '):
            entry = Entry('out-of-scope', case.beyond) if case.beyond else Entry('fails', reason_of(text))
            found[case.name] = entry, text
        elif case.tensors() is None:
            found[case.name] = Entry('fails', 'its values cannot be compared'), text
        else:
            wrong = '; '.join(check(line, Case(case.name, folders[case.name])))
            found[case.name] = Entry('fails', WRONG) if wrong else Entry('pass'), wrong
    return found


def update(scope, found):
    """Takes what was found; comments stay, and so does a reason that says more of wrong numbers than we know."""
    for name in set(scope.entries) - set(found):
        del scope.entries[name]
    for name, (entry, _) in found.items():
        old = scope.entries.get(name, Entry(''))
        if entry.state == 'crash':
            continue
        reason = old.reason if entry.reason == WRONG and old.state == entry.state else entry.reason
        scope.entries[name] = Entry(entry.state, reason, old.comments)
    scope.write(onnx.__version__)


def changes(scope, found):
    """-> what is not as listed."""
    lines = []
    for name, (entry, text) in found.items():
        listed = scope.entries.get(name)
        if entry.state == 'crash':
            lines.append(f'{name}: {text}')
        elif listed is None:
            lines.append(f'{name}: is not listed; it is: {entry.line(name)}  {text[:300]}')
        elif listed.state != entry.state:
            lines.append(f'{name}: is listed as {listed.line("").strip()}, but now it is: {entry.line(name)}  {text[:300]}')
    return lines + [f'{name}: is listed, but onnx {onnx.__version__} has no such test' for name in sorted(set(scope.entries) - set(found))]


def natively(o, scope, cases, folders):
    found = found_natively(o.program, cases, folders)
    if o.update:
        update(scope, found)
    mistakes = changes(scope, found)
    if not mistakes:
        docs = table(scope.entries, {name: c.operator for name, c in cases.items()}, onnx.__version__)
        if o.table:
            DOCS.write_text(docs)
        elif not DOCS.exists() or DOCS.read_text() != docs:
            mistakes.append('docs/node-tests.md: says something else than scope.txt; write it with --table')
    for m in mistakes:
        print('FAIL', m)
    if mistakes:
        print(f'to take what was found into scope.txt and the docs: {sys.executable} {__file__} --work {o.work} --program {o.program} --update --table')
    states = collections.Counter(e.state for e, _ in found.values())
    print(f'{len(found)} tests of onnx {onnx.__version__}: ' + ', '.join(f'{n} {state}' for state, n in states.most_common()))
    return states['pass'], len(mistakes)


def plan_of(scope, cases):
    return bundles.plan([c for c in cases.values() if c.name in scope.entries and scope.entries[c.name].state == 'pass'])


def compiled(o, scope, cases, folders):
    plan = plan_of(scope, cases)
    wanted = o.bundle or (list(plan) if o.long else QUICK)
    models = o.work / 'bundles'
    if missing := set(wanted) - set(plan):
        print(f'no bundle {", ".join(sorted(missing))}; --list prints them')
        return 0, len(missing)
    for name in wanted:
        bundles.write(models / name, plan[name], folders)
    compiled_cases = {name: Case(name, models / name) for name in wanted}
    seconds = compile_project(o.work, ROOT, list(compiled_cases.values()), tool=o.tool, jobs=o.jobs)
    if seconds is None:
        print((o.work / 'log').read_text()[-2000:])
        return 0, 1
    print(f'{sum(len(plan[n].cases) for n in wanted)} of {sum(len(b.cases) for b in plan.values())} tests, {len(wanted)} of {len(plan)} bundles compiled in {seconds:.0f} s')
    passed, failed = 0, 0
    for name, c in compiled_cases.items():
        library = o.work / 'build' / f'lib{c.id}.so'
        wrong, isa = checked_apart(library, c) if library.exists() else ([f'does not build; see {o.work / "log"}'], '?')
        by_case = collections.defaultdict(list)
        for text in wrong:
            by_case[text.partition('/')[0] if text.startswith('test_') else ''].append(text)
        for case, texts in sorted(by_case.items()):
            print(f'FAIL {name} {case or "all"}: {"; ".join(texts)[:500]}', flush=True)
        count = len(plan[name].cases)
        bad = count if '' in by_case else len(by_case)
        passed, failed = passed + count - bad, failed + bad
        print(f'{"FAIL" if bad else "ok"} {name}: {count - bad} of {count} ({isa})', flush=True)
    return passed, failed


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--work', required=True, type=pathlib.Path)
    p.add_argument('--scope', default=HERE / 'scope.txt', type=pathlib.Path)
    p.add_argument('--program', help='golden_native')
    p.add_argument('--tool', help='the dsi program')
    p.add_argument('--update', action='store_true')
    p.add_argument('--table', action='store_true')
    p.add_argument('--list', action='store_true')
    p.add_argument('--long', action='store_true')
    p.add_argument('--bundle', action='append', default=[])
    p.add_argument('--jobs', default='2')
    o = p.parse_args()
    o.work = o.work.resolve()
    scope = Scope(o.scope)
    if scope.onnx_version != onnx.__version__ and not o.update:
        print(f'not run node tests: scope.txt is about onnx {scope.onnx_version}, this Python has {onnx.__version__}; --update takes that one')
        return 0
    cases = node_cases.collect()
    if o.list:
        for name, bundle in plan_of(scope, cases).items():
            print(f'{name} {len(bundle.cases)}: {" ".join(c.name for c in bundle.cases)}')
        return 0
    folders = {name: o.work / 'cases' / name for name in cases}
    for name, case in cases.items():
        case.write(folders[name])
    passed, failed = (natively if o.program else compiled)(o, scope, cases, folders)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
