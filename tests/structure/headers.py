#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does every header of the library stand alone?

    headers.py --compiler "g++ -DX" [--include DIR]... [--only TEXT] [--onnx] [--cuda NVCC]

Compiles (-fsyntax-only) one file per header that includes it twice, with the project's warnings as errors. Headers that need protobuf are
left out without --onnx, those of backend/cuda without --cuda. Prints `not run: ...` for what was left out, then `N passed, N failed`.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shlex
import subprocess
import sys
import time

FLAGS = ['-std=c++20', '-fsyntax-only', '-Wall', '-Wextra', '-Wshadow', '-Wconversion', '-Wno-sign-conversion', '-Werror', '-x', 'c++', '-']
SYSTEM = ['/usr/include/eigen3']
NEED_ONNX = {'onnx_protobuf.hpp', 'onnx_reader.hpp', 'program.hpp'}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--compiler', default='g++')
    p.add_argument('--include', action='append', default=[], help='the library itself first')
    p.add_argument('--only', default='', help='headers with this text in their path')
    p.add_argument('--onnx', action='store_true', help='protobuf and libonnx are there')
    p.add_argument('--cuda', metavar='NVCC', help='the CUDA compiler')
    o = p.parse_args()
    roots = o.include or [str(pathlib.Path(__file__).parents[2] / 'include')]
    root = pathlib.Path(roots[0])
    compiler = shlex.split(o.compiler)
    started = time.time()

    def check(name):
        """-> what the compiler said against this header, '' when nothing."""
        command = compiler + [f'-I{r}' for r in roots] + [f'-isystem{f}' for f in SYSTEM] + FLAGS
        if cuda_header(name):
            command = [o.cuda, '-std=c++20', '-x', 'cu', '-cuda', '-o', '/dev/null'] + [f'-I{r}' for r in roots] + ['-']
        source = f'#include <{name}>\n#include <{name}>\n'
        r = subprocess.run(command, input=source, capture_output=True, text=True)
        return '' if r.returncode == 0 else r.stderr or 'failed without a word'

    cuda_header = lambda name: name.endswith('.cuh') or 'cuda' in name
    names = []
    for path in sorted(p for p in root.rglob('*') if p.suffix in ('.hpp', '.cuh')):
        name = str(path.relative_to(root))
        if o.only not in name:
            continue
        if path.parent.name == 'import' and path.name in NEED_ONNX and not o.onnx:
            print(f'not run: header {name} (no libonnx)')
        elif cuda_header(name) and not o.cuda:
            print(f'not run: header {name} (no nvcc)')
        else:
            names.append(name)
    passed, failed = 0, 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, said in zip(names, pool.map(check, names)):
            if said:
                failed += 1
                print(f'FAIL {name}\n' + '\n'.join('    ' + line for line in said.split('\n')[:8]), flush=True)
            else:
                passed += 1
    print(f'{compiler[0]}: {time.time() - started:.0f} s')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
