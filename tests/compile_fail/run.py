#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What must not compile, and with which text.

    run.py --compiler g++ [--include DIR]... [--only NAME]

Each CASE.cpp holds `// EXPECT: text` lines: compiled as it is, it must fail and the compiler must say every such text; with -DGOOD, its
twin, it must compile without a warning. `// FLAGS: -x` adds flags to both, `// BAD-FLAGS: -x` to the first alone. Every reason in dsi/op/invalid.hpp must have a case, unless
UNREACHED says why not. Prints `N passed, N failed`; a case counts twice, for itself and for its twin.
"""
import argparse
import pathlib
import re
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
# Reasons that no hand-written network of the library's operators can meet.
UNREACHED = {
    'custom': "for a user's own operators",
}


def compile_file(compiler, roots, path, flags):
    command = shlex.split(compiler) + ['-std=c++20', '-fsyntax-only', '-Wall', '-Wextra', '-Werror', '-fdiagnostics-color=never']
    r = subprocess.run(command + [f'-I{r}' for r in roots] + flags + [str(path)], capture_output=True, text=True)
    return r.returncode, ' '.join(r.stderr.split())


def expectations(text, key):
    return [' '.join(line.split()) for line in re.findall(rf'^// {key}: (.*)$', text, re.M)]


def reasons(root):
    """-> {name: text} of the list in invalid.hpp, its texts cut before the numbers that they speak of."""
    header = (pathlib.Path(root) / 'dsi/op/invalid.hpp').read_text()
    return dict(re.findall(r'^\s*X\((\w+), "((?:[^"\\]|\\.)*)"\)', header, re.M))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--compiler', default='g++')
    p.add_argument('--include', action='append', default=[])
    p.add_argument('--only', default='')
    o = p.parse_args()
    roots = o.include or [str(HERE.parents[1] / 'include')]
    passed, failed, said = 0, 0, ''
    for path in sorted(HERE.glob('*.cpp')):
        text = path.read_text()
        wanted = expectations(text, 'EXPECT')
        said += ' '.join(wanted)
        if o.only not in path.stem:
            continue
        flags = [f for line in expectations(text, 'FLAGS') for f in shlex.split(line)]
        bad_flags = [f for line in expectations(text, 'BAD-FLAGS') for f in shlex.split(line)]
        status, errors = compile_file(o.compiler, roots, path, flags + bad_flags)
        problem = ''
        if not wanted:
            problem = 'has no EXPECT line'
        elif status == 0:
            problem = 'compiles, but must not'
        else:
            missing = [w for w in wanted if w not in errors]
            problem = f'the compiler does not say "{missing[0]}"; it says {errors[:600]}' if missing else ''
        status, errors = compile_file(o.compiler, roots, path, flags + ['-DGOOD'])
        twin = '' if status == 0 else f'the twin does not compile: {errors[:600]}'
        for text in (problem, twin):
            passed, failed = (passed, failed + 1) if text else (passed + 1, failed)
            if text:
                print(f'FAIL {path.stem}: {text}', flush=True)
    if not o.only:
        for name, text in reasons(roots[0]).items():
            if text not in said and name not in UNREACHED:
                failed += 1
                print(f'FAIL the reason {name} of dsi/op/invalid.hpp has no case here')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
