#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Damaged and hostile files: `dsi inspect` and `dsi embed` must refuse each with its reason, in a moment, without a crash.

    hostile.py DSI         DSI is the program; the files and what must be said of them are in hostile/hostile.txt
"""
import pathlib
import re
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).parent / 'hostile'


def problem_with(command, text):
    """-> what is wrong with how the program refuses, or ''."""
    try:
        r = subprocess.run(command, capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return 'takes more than a minute'
    said = r.stderr.decode('utf-8', 'backslashreplace')
    if r.returncode < 0:
        return f'ends with signal {-r.returncode}'
    if r.returncode != 1:
        return f'ends with status {r.returncode}, not 1'
    if text not in said:
        return f'does not say "{text}" but "{said.strip()[:300]}"'
    if re.search(r'[\x00-\x08\x0b-\x1f\x7f]', said):
        return 'prints control characters from the file'
    return ''


def main():
    dsi = sys.argv[1]
    cases = [line.split('\t') for line in (FOLDER / 'hostile.txt').read_text().splitlines() if line and not line.startswith('#')]
    listed = {name for name, _ in cases}
    cases += [('no_such_file.onnx', 'no_such_file.onnx')]
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory() as out:
        for name, text in cases:
            for command in ([dsi, 'inspect', str(FOLDER / name)], [dsi, 'embed', str(FOLDER / name), '--name', 'net', '--out', out, '--isa', 'v2']):
                wrong = problem_with(command, text)
                passed, failed = (passed, failed + 1) if wrong else (passed + 1, failed)
                if wrong:
                    print(f'FAIL {command[1]} {name}: {wrong}')
        left = list(pathlib.Path(out).iterdir())
        if left:
            failed += 1
            print(f'FAIL refused files left {left[0].name} behind')
    for path in FOLDER.glob('*.onnx'):
        if path.name not in listed:
            failed += 1
            print(f'FAIL {path.name} is not listed in hostile.txt')
    # The check itself: a good file is not refused, another reason is not taken for this one.
    if not problem_with([dsi, 'inspect', str(FOLDER / 'text.onnx')], 'a reason that it does not give') or not problem_with(['true'], '') or not problem_with(['sh', '-c', 'kill -SEGV $$'], ''):
        failed += 1
        print('FAIL the check cannot fail')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
