# SPDX-License-Identifier: MIT
"""Plots as SVG, with nothing but the standard library: each in a light and a dark variant."""
from math import log10
from xml.sax.saxutils import escape

THEMES = {
    'light': dict(ground='#ffffff', ink='#1f2328', faint='#d0d7de', quiet='#57606a', series=['#0969da', '#bc4c00', '#1a7f37', '#8250df', '#6e7781', '#bf3989']),
    'dark': dict(ground='#0d1117', ink='#e6edf3', faint='#30363d', quiet='#8b949e', series=['#58a6ff', '#f0883e', '#3fb950', '#bc8cff', '#8b949e', '#f778ba']),
}


class Plot:
    def __init__(self, theme, width, height, title):
        self.t, self.width, self.height = THEMES[theme], width, height
        self.parts = [f'<rect width="{width}" height="{height}" fill="{self.t["ground"]}"/>']
        self.text(16, 24, title, size=15, weight=600)

    def color(self, i):
        return self.t['series'][i % len(self.t['series'])]

    def text(self, x, y, s, size=11, anchor='start', color=None, weight=400, turn=0):
        spin = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else ''
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{color or self.t["ink"]}"{spin}>{escape(s)}</text>')

    def line(self, x1, y1, x2, y2, color=None, width=1, dash=''):
        extra = f' stroke-dasharray="{dash}"' if dash else ''
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color or self.t["faint"]}" stroke-width="{width}"{extra}/>')

    def box(self, x, y, w, h, color):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(w, .5):.1f}" height="{h:.1f}" fill="{color}"/>')

    def dot(self, x, y, color, radius=4):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{color}"/>')

    def path(self, points, color, width=1.5):
        self.parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" stroke="{color}" stroke-width="{width}"/>')

    def legend(self, names, y=40):
        x = 16
        for i, name in enumerate(names):
            self.box(x, y - 8, 9, 9, self.color(i))
            self.text(x + 13, y, name)
            x += 30 + 6.8 * len(name)

    def save(self, path):
        body = '\n'.join(self.parts)
        with open(path, 'w') as f:
            f.write(f'<!-- SPDX-License-Identifier: MIT -->\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
                    f'font-family="system-ui, sans-serif" role="img">\n{body}\n</svg>\n')


class Log:
    """A logarithmic axis from low to high, drawn between two coordinates."""

    def __init__(self, low, high, start, end):
        self.low, self.high, self.start, self.end = log10(low), log10(high), start, end

    def __call__(self, v):
        return self.start + (log10(v) - self.low) / (self.high - self.low) * (self.end - self.start)

    def decades(self):
        d = int(self.low) - 1
        while d <= self.high + 1e-9:
            if d >= self.low - 1e-9:
                yield 10.0 ** d
            d += 1
