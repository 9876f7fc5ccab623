#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the networks of the suite: DIR/NAME/ gets model.onnx, in_I.bin and out_I.bin (little-endian float32).

The weights are seeded by the name. The expected outputs are computed in double while the network is built, by NumPy and no engine.
Needs numpy and onnx.

    models.py --out DIR [--only TEXT]...     networks whose name or title holds TEXT, whatever the case
    models.py --list                         NAME <tab> TITLE
"""
import argparse
import os
import shutil
import sys
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(ROOT, 'tests', 'models'))

TITLES = {
    'mlp_16_32_32_8': 'MLP 16-32-32-8',
    'mlp_64_128_128_64_16': 'MLP 64-128-128-64-16',
    'mlp_415_512_256_1': 'MLP 415-512-256-1',
    'mlp_415_512_256_1_b64': 'MLP 415-512-256-1, batch 64',
    'digits': 'digits (examples/digits)',
    'lstm_step': 'LSTM 40 + dense, one step',
    'conv1d_block': '10 dilated conv1d, 16 channels, block of 64',
    'squeezenet_1_1': 'SqueezeNet 1.1',
    'mobilenet_v2': 'MobileNetV2',
    'efficientnet_b0': 'EfficientNet-B0',
    'resnet_18': 'ResNet-18',
    'resnet_50': 'ResNet-50',
    'encoder': 'encoder 6 x 384, 12 heads, seq 128',
}


def wanted(name, only):
    return not only or any(o.lower() in name or o.lower() in TITLES[name].lower() for o in only)


def save(net, outputs, folder):
    """net: an onnx_builder.Net with its inputs; outputs: what they must give, in double."""
    import numpy as np
    import onnx
    os.makedirs(folder, exist_ok=True)
    for values, stem in ((net.inputs.values(), 'in'), (outputs, 'out')):
        for i, v in enumerate(values):
            if not np.isfinite(v).all():
                raise ValueError(f'{net.name}: {stem} {i} is not finite')
            np.ascontiguousarray(v, '<f4').tofile(f'{folder}/{stem}_{i}.bin')
    model = net.model([np.asarray(v, 'f4') for v in outputs])
    model.producer_name = 'bench/suite/models.py'
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, f'{folder}/model.onnx')


def save_weights(net, folder):
    """For programs that are written by hand: weight and bias of each layer."""
    import numpy as np
    np.concatenate([v.ravel() for v in net.weights.values()]).astype('<f4').tofile(f'{folder}/weights.bin')


def save_digits(folder):
    """The trained network of the examples, and the first image of its held-out data."""
    import numpy as np
    import onnx
    from onnx.reference import ReferenceEvaluator
    source = os.path.join(ROOT, 'examples', 'digits')
    os.makedirs(folder, exist_ok=True)
    shutil.copy(f'{source}/digits.onnx', f'{folder}/model.onnx')
    image = np.loadtxt(f'{source}/holdout.csv', delimiter=',', max_rows=1)[:64].reshape(1, 1, 8, 8) / 16
    image.astype('<f4').tofile(f'{folder}/in_0.bin')
    run = ReferenceEvaluator(onnx.load(f'{folder}/model.onnx')).run(None, {'pixels': image.astype('f4')})
    run[0].astype('<f4').tofile(f'{folder}/out_0.bin')


def make(name, folder):
    if name == 'digits':
        return save_digits(folder)
    if name == 'mobilenet_v2':
        from mobilenet_v2 import mobilenet_v2
        net = mobilenet_v2()
        return save(net, [net.exact({**net.inputs, **net.weights})], folder)
    net, outputs = builders()[name]()
    save(net, outputs, folder)
    if name.startswith('mlp_'):
        save_weights(net, folder)


def builders():
    import suite_networks as s
    mlp = lambda name, *sizes, batch=1: lambda: s.mlp(name, sizes, batch)
    return {
        'mlp_16_32_32_8': mlp('mlp_16_32_32_8', 16, 32, 32, 8),
        'mlp_64_128_128_64_16': mlp('mlp_64_128_128_64_16', 64, 128, 128, 64, 16),
        'mlp_415_512_256_1': mlp('mlp_415_512_256_1', 415, 512, 256, 1),
        'mlp_415_512_256_1_b64': mlp('mlp_415_512_256_1', 415, 512, 256, 1, batch=64),
        'lstm_step': s.lstm_step, 'conv1d_block': s.conv1d_block, 'encoder': s.encoder,
        'squeezenet_1_1': s.squeezenet, 'efficientnet_b0': s.efficientnet_b0,
        'resnet_18': lambda: s.resnet('resnet_18', (2, 2, 2, 2), bottleneck=False),
        'resnet_50': lambda: s.resnet('resnet_50', (3, 4, 6, 3), bottleneck=True),
    }


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--out', metavar='DIR')
    p.add_argument('--only', metavar='TEXT', action='append')
    p.add_argument('--list', action='store_true')
    o = p.parse_args()
    names = [n for n in TITLES if wanted(n, o.only)]
    if not names:
        p.error(f'no network holds {" or ".join(o.only)}; --list prints them')
    if o.list:
        print('\n'.join(f'{n}\t{TITLES[n]}' for n in names))
        return 0
    if not o.out:
        p.error('--out DIR or --list is needed')
    for n in names:
        folder, begin = f'{o.out}/{n}', time.time()
        if os.path.exists(f'{folder}/.made'):
            continue
        make(n, folder)
        open(f'{folder}/.made', 'w').close()
        print(f'{TITLES[n]}  {os.path.getsize(folder + "/model.onnx") / 1e6:.1f} MB  {time.time() - begin:.1f} s', flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
