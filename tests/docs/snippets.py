#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles every ```cpp block of docs/*.md, which are whole files, and those of README.md that include <dsi/dsi.hpp>, as the body of
a function that has what they speak of.

  snippets.py COMPILER [FLAG...]     prints `N passed, N failed`
"""
import pathlib, re, subprocess, sys, tempfile

root = pathlib.Path(__file__).resolve().parents[2]
passed, failed = 0, 0
README = ('#include <dsi/dsi.hpp>\nvoid readme(std::span<std::byte const> bytes, std::span<float const, 64> pixels, std::span<float, 10> scores) {\n', '}\n')
for page in [root / 'README.md', *sorted((root / 'docs').glob('*.md'))]:
    text = page.read_text()
    for number, block in enumerate(re.findall(r'^```cpp\n(.*?)^```', text, re.M | re.S)):
        if page.name == 'README.md':
            if '#include <dsi/dsi.hpp>' not in block:
                continue  # of a generated header: examples/digits is that code
            block = README[0] + block.replace('#include <dsi/dsi.hpp>', '') + README[1]
        if '#include <dsi/dsi.hpp>' not in block:
            print(f'{page.name} block {number}: a cpp block must be a whole file that includes <dsi/dsi.hpp>; mark other code as text')
            failed += 1
            continue
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / f'{page.stem}_{number}.cpp'
            source.write_text(block)
            run = subprocess.run([*sys.argv[1:], '-std=c++20', '-Wall', '-Wextra', '-fsyntax-only', f'-I{root}/include', str(source)], capture_output=True, text=True)
        passed, failed = passed + (run.returncode == 0), failed + (run.returncode != 0)
        print(f'{page.name} block {number}: {"ok" if run.returncode == 0 else "DOES NOT COMPILE"}', flush=True)
        if run.returncode:
            print('\n'.join(line for line in run.stderr.splitlines() if 'error' in line)[:2000])
print(f'{passed} passed, {failed} failed')
sys.exit(failed != 0)
