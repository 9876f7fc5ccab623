#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a recording with speech, silence and noise from the recordings of Debian's package alsa-utils.

    sample.py SOUNDS OUT.wav

SOUNDS is the folder with Front_Left.wav and the others: one voice saying where a loudspeaker stands, and pink noise; 48,000 Hz, 16 bits.
In OUT.wav they follow each other, with silence between them; then the voice speaks over the noise, once softly.
"""
import pathlib
import sys
import wave

import numpy as np

RATE = 48000


def read(path):
    with wave.open(str(path)) as w:
        if (w.getframerate(), w.getsampwidth(), w.getnchannels()) != (RATE, 2, 1):
            sys.exit(f'sample.py: {path}: not 48,000 Hz, 16 bits, one channel')
        return np.frombuffer(w.readframes(w.getnframes()), '<i2').astype(np.float32)


def over(voice, noise):
    n = min(len(voice), len(noise))
    return voice[:n] + noise[:n]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    sound = {p.stem: read(p) for p in sorted(folder.glob('*.wav'))}
    lacking = {'Front_Left', 'Front_Right', 'Front_Center', 'Rear_Left', 'Side_Right', 'Noise'} - set(sound)
    if lacking:
        sys.exit(f'sample.py: {folder}: no {", ".join(sorted(lacking))}')
    noise = sound['Noise']
    pieces = [sound['Front_Left'], noise, sound['Front_Right'], sound['Front_Center'], noise, 0.5 * noise, sound['Rear_Left'],
              over(sound['Side_Right'], 0.3 * noise), over(0.2 * sound['Front_Center'], 0.3 * noise), noise]
    silence = np.zeros(int(0.6 * RATE), np.float32)
    samples = np.concatenate([part for piece in pieces for part in (piece, silence)])
    with wave.open(sys.argv[2], 'wb') as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(RATE)
        w.writeframes(np.clip(np.rint(samples), -32768, 32767).astype('<i2').tobytes())


if __name__ == '__main__':
    main()
