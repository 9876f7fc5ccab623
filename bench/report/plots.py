# SPDX-License-Identifier: MIT
"""The plots of the suite: ratio bars, roofline, latency tails."""
from svg import THEMES, Log, Plot


def measured(network):
    return [c for c in network['contenders'] if 'seconds' in c]


def ours(network):
    return next((c for c in measured(network) if c['name'] == 'dsi'), None)


def short(seconds):
    for unit, size in (('s', 1), ('ms', 1e-3), ('us', 1e-6)):
        if seconds >= size:
            return f'{seconds / size:.3g} {unit}'
    return f'{seconds * 1e9:.3g} ns'


def ratio_bars(suite, theme, path):
    """Time of each contender as a multiple of the floor."""
    names = list(dict.fromkeys(c['name'] for n in suite['networks'] for c in measured(n) if c['name'] != 'dsi v3'))
    rows = sum(sum(c['name'] in names for c in measured(n)) for n in suite['networks'])
    height = 78 + 12 * rows + 14 * len(suite['networks'])
    p = Plot(theme, 860, height, 'Time of one run as a multiple of the floor (shorter is better; 1 = no program is faster)')
    p.legend(names)
    top = max((c['floor_multiple'][0] for n in suite['networks'] for c in measured(n)), default=10)
    x = Log(0.8, max(10, top * 1.2), 270, 790)
    for d in (1, 2, 5, 10, 20, 50, 100, 200, 500):
        if d < 10 ** x.high:
            p.line(x(d), 52, x(d), height - 18, width=1.5 if d == 1 else 1)
            p.text(x(d), height - 6, str(d), anchor='middle', color=p.t['quiet'])
    y = 58
    for n in suite['networks']:
        bars = [c for c in measured(n) if c['name'] in names]
        p.text(262, y + 6 * len(bars) + 4, n['title'], anchor='end')
        for c in bars:
            m = c['floor_multiple'][0]
            p.box(x(0.8), y, x(max(m, .81)) - x(0.8), 10, p.color(names.index(c['name'])))
            p.text(x(max(m, .81)) + 4, y + 9, f'{m:.2f}', size=10, color=p.t['quiet'])
            y += 12
        y += 14
    p.save(path)


def roofline(suite, theme, path):
    """Each network at its operations per byte and its operations per second."""
    limits = suite['limits']
    p = Plot(theme, 860, 460, f'Roofline of one core, {limits["isa"]}: {limits["peak"] / 1e9:.0f} GFLOP/s')
    points = [(n['operations'] / n['bytes'], n['operations'] / ours(n)['seconds'][0], n['title']) for n in suite['networks'] if ours(n)]
    x, y = Log(0.1, 1000, 70, 840), Log(1e9, limits['peak'] * 2, 420, 50)
    for d in x.decades():
        p.line(x(d), 50, x(d), 420)
        p.text(x(d), 436, f'{d:g}', anchor='middle', color=p.t['quiet'])
    for d in y.decades():
        p.line(70, y(d), 840, y(d))
        p.text(64, y(d) + 4, f'{d / 1e9:g}', anchor='end', color=p.t['quiet'])
    p.text(455, 453, 'operations per byte of weights and activations', anchor='middle', color=p.t['quiet'])
    p.text(20, 240, 'GFLOP/s', anchor='middle', color=p.t['quiet'], turn=-90)
    for i, level in enumerate(limits['levels']):
        low, knee = max(0.1, 1e9 / level['bandwidth']), limits['peak'] / level['bandwidth']
        p.path([(x(low), y(max(1e9, low * level['bandwidth']))), (x(knee), y(limits['peak'])), (x(1000), y(limits['peak']))], p.color(i + 1), 1.2)
        p.text(x(low) + 4, y(max(1e9, low * level['bandwidth'])) - 5, level['name'], size=10, color=p.color(i + 1))
    p.box(520, 196, 312, 20 + 15 * len(points), p.t['ground'])
    for k, (a, b, title) in enumerate(sorted(points), 1):
        at = x(min(max(a, .1), 1000))
        p.dot(at, y(b), p.color(0), 3.5)
        p.text(at, y(b) + (-7 if k % 2 else 15), str(k), size=10, anchor='middle')
        p.text(550, 200 + 15 * k, str(k), anchor='end', color=p.color(0))
        p.text(558, 200 + 15 * k, f'{title}: {b / 1e9:.0f}')
    p.save(path)


def tails(suite, theme, path):
    """p50, p99 and p99.9 of single calls over p50, beside a spin loop of equal length."""
    rows = [(n['title'], c['name'], c['tail']) for n in suite['networks'] for c in measured(n) if c['name'] in ('dsi', 'ONNX Runtime', 'OpenVINO') and c['tail'].get('p999')]
    height = 90 + 17 * len(rows)
    p = Plot(theme, 860, height, 'Tails: p99 and p99.9 of single calls over their p50, beside a spin loop of equal length')
    p.legend(['p99', 'p99.9', 'spin p99.9'])
    top = max((max(t['p999'] / t['p50'], t['spin_p999'] / t['spin_p50']) for _, _, t in rows), default=10)
    x = Log(0.95, max(10, top * 1.1), 330, 840)
    for d in (1, 2, 5, 10, 20, 50, 100, 1000):
        if d < 10 ** x.high:
            p.line(x(d), 52, x(d), height - 18)
            p.text(x(d), height - 6, f'{d}x', anchor='middle', color=p.t['quiet'])
    for i, (title, name, t) in enumerate(rows):
        y = 66 + 17 * i
        p.text(322, y + 4, f'{title}: {name}, {short(t["p50"])}', anchor='end', size=10)
        p.line(x(1), y, x(max(t['p999'] / t['p50'], 1)), y, color=p.t['quiet'])
        for k, v in enumerate((t['p99'] / t['p50'], t['p999'] / t['p50'], t['spin_p999'] / t['spin_p50'])):
            p.dot(x(max(v, .96)), y, p.color(k), 3.5)
    if not rows:
        p.text(16, 80, 'No contender made enough calls for a p99.9.')
    p.save(path)


def draw(suite, folder):
    for name, plot in (('ratios', ratio_bars), ('roofline', roofline), ('tails', tails)):
        for theme in THEMES:
            plot(suite, theme, f'{folder}/{name}-{theme}.svg')
