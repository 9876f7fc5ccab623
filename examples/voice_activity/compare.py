#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The example voice_activity beside its Python original on a recording: probabilities, segments, latency.

    compare.py PROGRAM FILE.wav

PROGRAM is the example; the original is the code and the network of the package silero-vad as this Python has it, in ONNX Runtime. FILE
has 16 bits a sample. The plot is written to FILE.svg. Exit status 1 when a probability departs by more than 1e-4, or a segment.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import warnings
import wave

import numpy as np

import torch_in_numpy

torch_in_numpy.install()
import torch  # noqa: E402
import onnxruntime  # noqa: E402
import silero_vad  # noqa: E402


def read(path):
    """-> samples -1..1 of the mean of the channels, and the rate."""
    try:
        with wave.open(path) as w:
            rate, channels, size = w.getframerate(), w.getnchannels(), w.getsampwidth()
            data = w.readframes(w.getnframes())
    except (OSError, wave.Error, EOFError) as e:
        sys.exit(f'compare.py: {path}: {e}')
    if size != 2:
        sys.exit(f'compare.py: {path}: {8 * size} bits a sample, it reads 16')
    return np.frombuffer(data, '<i2').reshape(-1, channels).astype(np.float32).mean(1) / 32768, rate


class Timed:
    """The model of the package; keeps each probability and the seconds it took."""

    def __init__(self, model):
        self.model, self.probabilities, self.seconds = model, [], []

    def reset_states(self):
        self.model.reset_states()

    def __call__(self, samples, rate):
        begin = time.perf_counter()
        p = self.model(samples, rate)
        self.seconds.append(time.perf_counter() - begin)
        self.probabilities.append(float(p.item()))
        return p


def network_alone(model, rounds):
    """ONNX Runtime's time for a piece, without what the package does around it."""
    inputs = {'input': np.random.default_rng(1).standard_normal((1, 576)).astype(np.float32) * np.float32(0.1), 'state': np.zeros((2, 1, 128), np.float32), 'sr': np.array(16000)}
    seconds = []
    for i in range(rounds + 50):
        begin = time.perf_counter()
        inputs['state'] = model.session.run(None, inputs)[1]
        seconds.append(time.perf_counter() - begin)
    return seconds[50:]


def percentiles(what, seconds):
    p = [1e6 * v for v in np.percentile(seconds, (50, 90, 99))]
    print(f'{what:15} p50 {p[0]:.1f} us, p90 {p[1]:.1f} us, p99 {p[2]:.1f} us')


def main():
    if len(sys.argv) != 3 or sys.argv[1].startswith('-'):
        print(__doc__)
        return 0 if sys.argv[1:] in (['--help'], ['-h']) else 2
    program, path = sys.argv[1:]
    samples, rate = read(path)
    with tempfile.TemporaryDirectory() as folder:
        written = pathlib.Path(folder) / 'probabilities.txt'
        run = subprocess.run([program, path, '--probabilities', str(written)], capture_output=True, text=True)
        if run.returncode != 0:
            print(run.stderr.strip(), file=sys.stderr)
            return 1
        ours = np.loadtxt(written, ndmin=1)
    print(run.stdout, end='')

    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # that it takes every third sample at 48,000 Hz
        model = Timed(silero_vad.load_silero_vad(onnx=True))
        segments = silero_vad.get_speech_timestamps(torch.Tensor(samples), model, sampling_rate=rate)
    theirs = np.array(model.probabilities)
    print(f'-- the original: Python package silero-vad {silero_vad.__version__}, ONNX Runtime {onnxruntime.__version__}, one thread')
    percentiles('piece', model.seconds)
    percentiles('network', network_alone(model.model, 1000))
    print('(piece: what the package does for one; network: ONNX Runtime alone)')
    worst = np.abs(ours - theirs).max() if len(ours) == len(theirs) else np.inf
    # The package counts in samples of the file, the program in seconds.
    expected = [f'{s["start"] / rate:.3f} {s["end"] / rate:.3f}' for s in segments]
    found = [' '.join(m) for m in re.findall(r'^speech +([\d.]+) s to +([\d.]+) s', run.stdout, re.M)]
    print(f'agreement       {len(ours)} and {len(theirs)} probabilities within {worst:.1e}, {len(found)} and {len(expected)} segments, {"equal" if found == expected else "not equal"}')
    if worst > 1e-4 or found != expected:
        print(f'FAILED: the original has {expected}')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
