#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules of style that a script can see, over every source file of the repository.

    source_rules.py [REPOSITORY]

- the first lines name the license;  - no file has more than 800 lines;  - headers say #pragma once
- library headers define macros only in core/config.hpp, or undefine them before they end; all begin with DSI_
- no std::function and no iostream in library headers outside import/
Prints one line per mistake, then `N passed, N failed` (files).
"""
import pathlib
import re
import sys

FOLDERS = ['include', 'cmake', 'tests', 'bench', 'examples', 'docs', '.']
SOURCES = {'.hpp', '.cuh', '.h', '.cpp', '.cu', '.cmake', '.py', '.sh', '.S', '.in'}
LONGEST = 800
# Macros that the headers of others ask for.
# Lists that other headers expand: a text must be a literal where the compiler shall print it.
LISTS = {'dsi/op/invalid.hpp': ('DSI_INVALID_REASONS',)}
FOREIGN_MACROS = {'dsi/import/onnx_protobuf.hpp': {'ONNX_ML', 'ONNX_NAMESPACE'}}


def code_of(text):
    """Without comments and string literals, line by line."""
    text = re.sub(r'/\*.*?\*/', lambda m: '\n' * m.group(0).count('\n'), text, flags=re.S)
    text = re.sub(r'"(\\.|[^"\\\n])*"', '""', text)
    return re.sub(r'//[^\n]*', '', text)


def header_mistakes(path, text):
    found = []
    if '#pragma once' not in text:
        found.append('has no #pragma once')
    code = code_of(text)
    defined = re.findall(r'^[ \t]*#[ \t]*define[ \t]+(\w+)', code, re.M)
    undefined = set(re.findall(r'^[ \t]*#[ \t]*undef[ \t]+(\w+)', code, re.M))
    for name in dict.fromkeys(defined):
        if name in FOREIGN_MACROS.get(path, ()) or name in LISTS.get(path, ()):
            continue
        if not name.startswith('DSI_'):
            found.append(f'defines {name}: macros begin with DSI_')
        if path != 'dsi/core/config.hpp' and name not in undefined:
            found.append(f'defines {name} and does not undefine it: macros belong in core/config.hpp')
    if not path.startswith('dsi/import/'):
        for pattern, name in ((r'\bstd::function\b', 'std::function'), (r'#[ \t]*include[ \t]*<(iostream|functional)>', 'iostream or functional')):
            if re.search(pattern, code):
                found.append(f'uses {name}: not in headers of the run path')
    return found


def mistakes(path, text):
    found = []
    lines = text.split('\n')
    if not any('SPDX-License-Identifier: MIT' in line for line in lines[:3]):
        found.append('its first lines lack SPDX-License-Identifier: MIT')
    if len(lines) - 1 > LONGEST:
        found.append(f'has {len(lines) - 1} lines, more than {LONGEST}')
    if path.startswith('include/') and path.endswith(('.hpp', '.cuh', '.h')):
        found += header_mistakes(path.removeprefix('include/'), text)
    return found


def check(root):
    root = pathlib.Path(root)
    files = []
    for folder in FOLDERS:
        below = (root / folder).glob('*') if folder == '.' else (root / folder).rglob('*')
        files += [p for p in below if p.is_file() and (p.suffix in SOURCES or p.name == 'CMakeLists.txt')]
    return {str(p.relative_to(root)): mistakes(str(p.relative_to(root)), p.read_text()) for p in sorted(files)}


def main():
    result = check(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2])
    for path, found in result.items():
        for text in found:
            print(f'FAIL {path}: {text}')
    failed = sum(bool(f) for f in result.values())
    print(f'{len(result) - failed} passed, {failed} failed')
    return 1 if failed or not result else 0


if __name__ == '__main__':
    sys.exit(main())
