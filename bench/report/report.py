#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Table, plots and the page docs/performance.md from what bench/run.sh left in its results folder.

    report.py RESULTS [--docs DOCS] [--command "bash bench/run.sh"]
"""
import argparse
import json
import os
import pathlib
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plots import draw, measured, ours, short

PEERS = ('ONNX Runtime', 'OpenVINO', 'Eigen', 'Eigen -ffast-math')


def percent(x):
    return '-' if x is None else f'{100 * x:.0f}%'


def time_of(x):
    return '-' if not x else short(x)


def interval(v):
    return f'{v[0]:.2f} ({v[1]:.2f}-{v[2]:.2f})'


def by_name(network, name):
    return next((c for c in measured(network) if c['name'] == name), None)


def table(head, rows):
    return '\n'.join(['| ' + ' | '.join(head) + ' |', '|' + '---|' * len(head), *('| ' + ' | '.join(r) + ' |' for r in rows)])


def suite_table(suite):
    rows = []
    for n in suite['networks']:
        d = ours(n)
        if not d:
            continue
        peers = [interval(c['ratio_to_dsi']) if (c := by_name(n, p)) else '' for p in PEERS]
        rows.append([n['title'], short(d['seconds'][0]), short(n['floor']), interval(d['floor_multiple']), *peers, percent(d['drop_rate'])])
    return table(['network', 'dsi', 'floor', 'dsi / floor', *(f'{p} / dsi' for p in PEERS), 'dropped'], rows)


def temperature_table(suite):
    rows = []
    for n in suite['networks']:
        for c in measured(n):
            if c['name'] in ('dsi', 'ONNX Runtime', 'OpenVINO'):
                rows.append([n['title'] if c['name'] == 'dsi' else '', c['name'], short(c['seconds'][0]), *(time_of(c.get(k)) for k in ('cache_cold', 'page_cold', 'after_idle'))])
    return table(['network', '', 'hot', 'caches cold', 'first run of a process', 'after 5 ms idle'], rows)


def tail_rows(suite):
    rows = []
    for n in suite['networks']:
        d = ours(n)
        if not d:
            continue
        t = d['tail']
        if not t.get('p999'):
            rows.append([n['title'], time_of(t.get('p50')), time_of(t.get('p99')), '-', '-', 'not measurable in the time given'])
            continue
        ratio = t['p999'] / t['p50'] / (t['spin_p999'] / t['spin_p50'])
        rows.append([n['title'], short(t['p50']), short(t['p99']), short(t['p999']), f'{short(t["spin_p50"])}, {short(t["spin_p999"])}', f'{ratio:.2f}'])
    return table(['network', 'p50', 'p99', 'p99.9', 'spin loop p50, p99.9', 'p99.9/p50 over the spin loop\'s'], rows)


def lower_table(suite):
    rows = [[n['title'], short(c['seconds'][0]), short(n['lower_floor']), interval(c['floor_multiple'])] for n in suite['networks'] if (c := by_name(n, 'dsi v3'))]
    return table(['network', 'dsi v3', 'floor with AVX2', 'dsi v3 / floor'], rows) if rows else ''


def thread_table(suite, results):
    found = {k: json.loads(p.read_text()) for k in ('dsi', 'onnxruntime', 'openvino') if (p := results / f'threads_{k}.json').exists()}
    if 'dsi' not in found:
        return ''
    rows = []
    for n in found['dsi']['networks']:
        two, one = by_name(n, 'dsi'), by_name(n, 'dsi, 1 thread')
        if not two or not one:
            continue
        row = [n['title'], short(two['seconds'][0]), f'{one["ratio_to_dsi"][0]:.2f}']
        for key in ('onnxruntime', 'openvino'):
            other = next((m for m in found.get(key, {'networks': []})['networks'] if m['name'] == n['name']), None)
            c = measured(other)[0] if other and measured(other) else None
            row.append(f'{short(c["seconds"][0])}' if c else '-')
        rows.append(row)
    return table(['network', 'dsi, 2 threads', 'speed-up over one', 'ONNX Runtime, 2', 'OpenVINO, 2'], rows)


def kernel_table(results):
    path = results / 'kernels.json'
    if not path.exists() or not path.read_text().strip():
        return ''
    rows = [[b['name'].split('/min_time')[0].replace('|', '\\|'), f'{b["cpu_time"]:.3g} us', f'{b["GFLOP/s"]:.1f}', f'{b["GB/s"]:.1f}', f'{b["%roof"]:.0f}'] for b in json.loads(path.read_text())['benchmarks']]
    return table(['kernel', 'time', 'GFLOP/s', 'GB/s', '% of roof'], rows)


def limits_text(limits):
    levels = ', '.join(f'{l["name"]} {l["bandwidth"] / 1e9:.0f}' for l in limits['levels'])
    return (f'{limits["isa"]}: {limits["peak"] / 1e9:.1f} GFLOP/s of fp32 multiply-adds, {limits["tile_size"]} tile from L1 {limits["tile"] / 1e9:.1f}; '
            f'reading {levels} GB/s; indirect call {limits["indirect_call"] * 1e9:.1f} ns; clock {limits["clock"] / 1e9:.2f} GHz')


def remarks(suite):
    gone = {c['name']: c['absent'] for n in suite['networks'] for c in n['contenders'] if c.get('absent')}
    there = {c['name'] for n in suite['networks'] for c in measured(n)}
    wrong = [f'{c["name"]} on {n["title"]}: {c["absent"]}' for n in suite['networks'] for c in n['contenders'] if c.get('absent') and c['name'] in there]
    over = [f'{c["name"]} on {n["title"]} is below its floor: the limits were probed in a worse moment, or the result is wrong'
            for n in suite['networks'] for c in measured(n) if c['floor_multiple'][2] < 0.97]
    return [f'absent: {k} ({v})' for k, v in gone.items() if k not in there] + wrong + over


def page(suite, results, command):
    notes = {c['name']: c['note'] for n in suite['networks'] for c in measured(n)}
    picture = lambda name, alt: (f'<picture><source media="(prefers-color-scheme: dark)" srcset="performance/{name}-dark.svg">'
                                 f'<img alt="{alt}" src="performance/{name}-light.svg"></picture>')
    parts = [
        '# Performance', '',
        f'Written by `{command}` from one run; run it on your machine. {suite["limits"]["processor"]}, one core, fp32, batch 1 unless said.', '',
        'Every contender first gives the right outputs (1e-4 of the largest, against NumPy in double). Then all of them run in one process in shuffled',
        'slices of 2 ms. A slice during which the machine took time away is dropped and tried once more. Ratios are medians over rounds with a bootstrap',
        '95% interval. The **floor** (`bench/floor.hpp`) is the sum over layers of the longest of arithmetic at peak, weights and activations at the',
        'bandwidth of the level that holds them, at the limits probed in the same round. It counts no exp or tanh.', '',
        '## Limits of this machine', '', *(f'- {limits_text(suite[k])}' for k in ('limits', 'lower_limits') if k in suite), '',
        *(f'- {k}: {v}' for k, v in notes.items()), *(f'- {t}' for t in remarks(suite)), '',
        '## One thread', '', suite_table(suite), '',
        picture('ratios', 'Time of each contender as a multiple of the floor'), '', picture('roofline', 'Roofline'), '',
        '## Cold, fresh, idle', '', 'Single calls: caches full of other data; the first run in a process of its own, after loading; after 5 ms of sleep.', '', temperature_table(suite), '',
        '## Tails', '', 'Every call by itself, clock included, in turns with a spin loop of equal length, which shows what the machine adds.', '', tail_rows(suite), '',
        picture('tails', 'Tails'), '']
    for head, text in (('AVX2', lower_table(suite)), ('Two threads', thread_table(suite, results)), ('Kernels', kernel_table(results))):
        if text:
            parts += [f'## {head}', '', text, '']
    return '\n'.join(parts).rstrip() + '\n'


def plain(text):
    """A Markdown table with its columns aligned, for a terminal."""
    rows = [[c.strip() for c in line.strip('|').split('|')] for line in text.splitlines() if not line.startswith('|---')]
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    return '\n'.join('  '.join(c.ljust(w) for c, w in zip(r, widths)).rstrip() for r in rows)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('results', type=pathlib.Path)
    p.add_argument('--docs', type=pathlib.Path)
    p.add_argument('--command', default='bash bench/run.sh')
    o = p.parse_args()
    if not (o.results / 'suite.json').exists():
        print(f'results in {o.results}; no suite, no table')
        return 0
    suite = json.loads((o.results / 'suite.json').read_text())
    text = '\n\n'.join(plain(t) for t in (suite_table(suite), lower_table(suite), thread_table(suite, o.results)) if t)
    text += ''.join(f'\n{t}' for t in remarks(suite))
    (o.results / 'table.txt').write_text(text + '\n')
    draw(suite, o.results)
    print(text)
    print(f'\nJSON and plots: {o.results}')
    if o.docs:
        (o.docs / 'performance').mkdir(exist_ok=True)
        draw(suite, o.docs / 'performance')
        (o.docs / 'performance.md').write_text(page(suite, o.results, o.command))
        print(f'wrote {o.docs / "performance.md"}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
