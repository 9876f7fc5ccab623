#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The example file_type beside its Python original on files of this machine: answers, scores, latency.

    compare.py PROGRAM [--files N] [FILE...]

Without FILE it takes N (400) files of the system: at most eight of each ending, from each of some folders that every Debian has.
PROGRAM is the example; the original is the package magika as this Python has it. Exit status 1 when more than one answer in a hundred
differs. Scores depend on the order of additions: the network takes differences of nearly equal sums in its normalizations.
"""
import argparse
import collections
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
from magika import Magika

FOLDERS = ('/etc', '/usr/bin', '/usr/include', '/usr/lib', '/usr/share/doc', '/usr/share', '/var/lib/dpkg', '/var/log', '/boot')
PER_ENDING, DEEP = 8, 6
CORNERS = {'empty': b'', 'blank': b' \n' * 3000, 'few': b'  hello\n', 'cut letter': b'  \xc3', 'few bytes': b'\xff\xfe\n', 'eight': b'12345678', 'surrogate': b'\xed\xa0\x80',
           'blank then text': b'\n' * 4090 + b'int main() { return 0; }\n' * 300, 'one block': b'#!/bin/sh\n' + b'echo hello\n' * 371 + b'true\n'}


def files_of(folder):
    """The readable files below a folder in an order that is the same everywhere: shallow ones first, then by name."""
    level = [folder]
    for _ in range(DEEP):
        folders = []
        for f in level:
            try:
                entries = sorted(os.scandir(f), key=lambda e: e.name)
            except OSError:
                continue
            folders += [e.path for e in entries if e.is_dir(follow_symlinks=False)]
            yield from (e.path for e in entries if e.is_file(follow_symlinks=False) and os.access(e.path, os.R_OK))
        level = folders


def files_of_this_machine(wanted):
    found = []
    for folder in FOLDERS:
        taken = collections.Counter()
        for path in files_of(folder):
            ending = os.path.splitext(path)[1]
            if taken[ending] < PER_ENDING and not (set(path) & set('\t\n')):
                taken[ending] += 1
                found.append(path)
    found = list(dict.fromkeys(found))
    return sample(found, wanted)


def corner_cases(folder):
    """Files that the original answers in a way of its own: empty ones, only white space, hardly anything else."""
    for name, content in CORNERS.items():
        (folder / name).write_bytes(content)
    return [str(folder / name) for name in CORNERS] + [str(folder)]


def sample(items, count):
    return items[::max(1, len(items) // count)][:count]


def answers_of_the_program(program, paths):
    run = subprocess.run([program, '--tsv', '--', *paths], capture_output=True, text=True, errors='surrogateescape')
    if run.returncode != 0:
        sys.exit(f'compare.py: {program} ended with status {run.returncode}: {run.stderr.strip()}')
    rows = [line.rsplit('\t', 3) for line in run.stdout.splitlines()]
    return {path: (answer, network, float(score)) for path, answer, network, score in rows}


def percentiles(what, seconds):
    p = [1e6 * v for v in np.percentile(seconds, (50, 90, 99))]
    print(f'{what:15} p50 {p[0]:.1f} us, p90 {p[1]:.1f} us, p99 {p[2]:.1f} us')


def timed(call, items):
    seconds = []
    for item in items:
        begin = time.perf_counter()
        call(item)
        seconds.append(time.perf_counter() - begin)
    return seconds


def network_alone(magika, rounds):
    """The network in ONNX Runtime with one thread, on any bytes: its time does not depend on them."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(magika._model_path), options, providers=['CPUExecutionProvider'])
    x = {'bytes': np.random.default_rng(1).integers(0, 256, (1, 2048)).astype(np.int32)}
    timed(lambda _: session.run(None, x), range(20))
    return timed(lambda _: session.run(None, x), range(rounds))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('program')
    arguments.add_argument('files', nargs='*')
    arguments.add_argument('--files', type=int, default=400, dest='wanted', metavar='N')
    a = arguments.parse_args()
    missing = [f for f in a.files if not os.path.exists(f)]
    if missing:
        arguments.error(f'{missing[0]}: no such file')

    with tempfile.TemporaryDirectory() as corners:
        paths = a.files or files_of_this_machine(a.wanted) + corner_cases(pathlib.Path(corners))
        magika = Magika()
        ours = answers_of_the_program(a.program, paths)
        theirs = {path: magika.identify_path(path).prediction for path in paths}
        together = {path: r.prediction for path, r in zip(paths, magika.identify_paths(paths))}

        differ = [f'{p}: {ours[p][0]} ({ours[p][1]}, {ours[p][2]:.4f}), the original says {t.output.label} ({t.dl.label}, {t.score:.4f})'
                  for p, t in theirs.items() if (ours[p][0], ours[p][1] or 'undefined') != (str(t.output.label), str(t.dl.label))]
        departs = np.array([abs(ours[p][2] - t.score) for p, t in theirs.items()])
        own = np.array([abs(together[p].score - t.score) for p, t in theirs.items()])
        types = collections.Counter(answer for answer, _, _ in ours.values())
        print(f'{len(paths)} files of {len(types)} types: ' + ', '.join(f'{n} {name}' for name, n in types.most_common(12)) + ', ...')
        print(f'agreement       {len(paths) - len(differ)} of {len(paths)} answers')
        print('\n'.join(differ[:20]) + ('\n' if differ else '') + f'scores          within {departs.max():.1e}, median {np.median(departs):.1e}; '
              f'the original in one batch and file by file: {own.max():.1e}, median {np.median(own):.1e}')

        asked = sample([p for p in paths if ours[p][1]], 100)
        print('-- this program, one thread')
        sys.stdout.flush()
        subprocess.run([a.program, '--latency', '--', *asked], check=True)
        print(f'-- the original: Python package magika, ONNX Runtime {onnxruntime.__version__}')
        percentiles('file', timed(magika.identify_path, asked * 3))
        percentiles('network', network_alone(magika, 300))
        print('(file: open, read, features, network, answer; the original with as many threads as it takes; network: one thread)')
    if len(differ) > len(paths) / 100 or departs.max() > 0.05:
        print('FAILED: the answers are not those of the original')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
