#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles each unit of bench/compile's project once more, without a cache, and compares counts with budgets.

    measure.py [--quick] BUILD BUDGETS

Prints one line per count and ends with `N passed, N failed`. A count without a budget is a failure, so that none is forgotten.
"""
import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
# Functions of libc and libstdc++ that allocate: a unit must call none.
ALLOCATORS = re.compile(r'^(malloc|calloc|realloc|reallocarray|aligned_alloc|posix_memalign|memalign|free|strdup|_Zn[wa].*|_Zd[la].*)$')


def run(command, **options):
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout


def ninja(build, *words):
    return run(['ninja', '-C', build, *words])


def unit_commands(build):
    """-> {(network, isa): command that compiles the unit}, as dsi_add_model compiles it but without ccache."""
    found = {}
    for line in ninja(build, '-t', 'commands', 'dsi_digits_units').splitlines() + (
            ninja(build, '-t', 'commands', 'dsi_mobilenet_v2_units').splitlines() if has_target(build, 'dsi_mobilenet_v2_units') else []):
        for part in line.split(' && '):
            m = re.search(r'DSI_UNIT_SYMBOL=dsi_unit_(\w+?)_(v2|v3|v4_vnni|v4_bf16|v4|aarch64)\b', part)
            if m:
                words = shlex.split(part)
                found[m.group(1, 2)] = words[1:] if os.path.basename(words[0]) == 'ccache' else words
    return found


def has_target(build, name):
    return re.search(rf'^{name}: ', ninja(build, '-t', 'targets', 'all'), re.M) is not None


def with_output(command, path):
    """The same compilation with its result somewhere else and no dependency file."""
    words, skip = [], 0
    for i, w in enumerate(command):
        if skip:
            skip -= 1
        elif w in ('-MF', '-MT', '-o'):
            skip = 1
        elif w != '-MD':
            words.append(w)
    return words + ['-o', path]


def compile_measured(command, build):
    """-> user seconds, peak MiB of the compiler"""
    pid = os.posix_spawnp('sh', ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', build, *command], os.environ)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f'measure.py: this command failed: {shlex.join(command)}')
    return usage.ru_utime, usage.ru_maxrss / 1024


def measure_unit(name, command, build, folder):
    """-> counts of one unit"""
    obj = os.path.join(folder, 'unit.o')
    seconds, memory = compile_measured(with_output(command, obj), build)
    print(f'        {name}: {seconds:.1f} s, {memory:.0f} MiB', flush=True)
    text = int(run(['size', obj]).splitlines()[1].split()[0])
    defined = [line.split()[-2] for line in run(['nm', '--defined-only', obj]).splitlines()]
    undefined = [line.split()[-1] for line in run(['nm', '-u', obj]).splitlines()]
    return {f'{name}.code_bytes': text, f'{name}.functions': sum(kind in 'tTwWuV' for kind in defined),
            f'{name}.allocators': sum(bool(ALLOCATORS.match(u)) for u in undefined)}


def measure_instantiations(name, command, build, folder):
    """Classes and functions that clang instantiates, of -ftime-trace. None without clang."""
    clang = shutil.which('clang++')
    if clang is None:
        print(f'not run {name}.instantiations: clang++ is missing')
        return {}
    obj = os.path.join(folder, 'trace.o')
    words = [clang if i == 0 else w for i, w in enumerate(with_output(command, obj)) if w not in ('-fno-gnu-unique', '-Wno-psabi')]
    compile_measured(words + ['-O0', '-ftime-trace', '-ftime-trace-granularity=0'], build)  # the front end alone counts
    with open(os.path.join(folder, 'trace.json')) as f:
        events = json.load(f)['traceEvents']
    return {f'{name}.instantiations': sum(e['name'] in ('InstantiateClass', 'InstantiateFunction') for e in events)}


def preprocessed(name, include, folders):
    """Bytes that a file with this one include becomes, all of them and those of dsi's own headers."""
    compiler = os.environ.get('CXX', 'g++')
    text = run([compiler, '-std=c++20', '-O2', '-E', '-x', 'c++', *[f'-I{f}' for f in folders], '-'], input=f'#include <{include}>\n')
    total = own = 0
    ours = False
    for line in text.splitlines():
        marker = re.match(r'# \d+ "([^"]*)"', line)
        if marker:
            ours = '/dsi/' in marker.group(1) and marker.group(1).startswith(tuple(folders))
        elif line.strip():
            total += len(line) + 1
            own += len(line) + 1 if ours else 0
    return {f'{name}.bytes': total, f'{name}.own_bytes': own}


def read_budgets(path):
    budgets = {}
    with open(path) as f:
        for line in f:
            words = line.split('#')[0].split()
            if words:
                budgets[words[0]] = int(words[1].replace("'", ''))
    return budgets


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--quick', action='store_true', help='the digit network for v3 alone, without clang')
    p.add_argument('build')
    p.add_argument('budgets')
    o = p.parse_args()
    sources = ['dsi_digits_sources'] + (['dsi_mobilenet_v2_sources'] if has_target(o.build, 'dsi_mobilenet_v2_sources') else [])
    subprocess.run(['ninja', '-C', o.build, *sources], check=True)
    counts = {}
    with tempfile.TemporaryDirectory() as folder:
        include = os.path.join(ROOT, 'include')
        counts |= preprocessed('dsi.hpp', 'dsi/dsi.hpp', [include])
        counts |= preprocessed('digits.hpp', 'digits.hpp', [include, os.path.join(o.build, 'dsi', 'networks', 'digits')])
        for (network, isa), command in unit_commands(o.build).items():
            if o.quick and (network != 'digits' or isa != 'v3'):
                continue
            counts |= measure_unit(f'{network}.{isa}', command, o.build, folder)
            if not o.quick and isa == 'v3':
                counts |= measure_instantiations(f'{network}.{isa}', command, o.build, folder)
    budgets = read_budgets(o.budgets)
    failed = 0
    for name, count in counts.items():
        budget = budgets.get(name)
        good = budget is not None and count <= budget
        failed += not good
        print(f'{"ok    " if good else "FAILED"}  {name:32} {count:>10,}  of {"no budget" if budget is None else format(budget, ",")}')
    print(f'{len(counts) - failed} passed, {failed} failed')
    return 1 if failed or not counts else 0


if __name__ == '__main__':
    sys.exit(main())
