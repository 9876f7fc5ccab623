#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The origin's answers for dsi compare: runs a model in ONNX Runtime and writes its inner tensors.

    onnx_runtime.py FOLDER

Reads FOLDER/origin.json: {"model": path, "threads": n, "inputs": {name: file.npy}, "outputs": [tensor, ...]}.
Writes origin_I.npy for tensor I, and origin.txt: ONNX Runtime's version and the nanoseconds of a run of the whole network.
"""
import json
import pathlib
import statistics
import sys
import time

import numpy as np
import onnxruntime as ort

SECONDS_TO_TIME = 0.7


def field(number, payload):
    """A length-delimited field of a protobuf message."""
    def varint(n):
        out = bytearray()
        while n > 127:
            out.append(n & 127 | 128)
            n >>= 7
        out.append(n)
        return bytes(out)
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def with_outputs(model, names):
    """The bytes of a model whose graph has more outputs. Serialized messages that follow each other are merged, so the new
    outputs are appended: field 7 of a model is its graph, field 12 of a graph an output, field 1 of that its name."""
    return model + field(7, b''.join(field(12, field(1, name.encode())) for name in names)) if names else model


def session(model, folder, threads, level):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = level
    options.log_severity_level = 3
    try:
        options.add_session_config_entry('session.model_external_initializers_file_folder_path', str(folder))
    except Exception:  # an older ONNX Runtime, which needs it only for weights in other files
        pass
    return ort.InferenceSession(model, options, providers=['CPUExecutionProvider'])


def run_time(model, folder, threads, inputs):
    """The median over runs of the network as ONNX Runtime would serve it; 0 when it does not load."""
    try:
        plain = session(model, folder, threads, ort.GraphOptimizationLevel.ORT_ENABLE_ALL)
        times = []
        begin = time.perf_counter()
        while len(times) < 3 or (time.perf_counter() - begin < SECONDS_TO_TIME and len(times) < 2000):
            t = time.perf_counter()
            plain.run(None, inputs)
            times.append(time.perf_counter() - t)
        return 1e9 * statistics.median(times)
    except Exception as e:
        print(f'not timed: {e}', file=sys.stderr)
        return 0.0


def main():
    work = pathlib.Path(sys.argv[1])
    task = json.loads((work / 'origin.json').read_text(encoding='utf-8'))
    path = pathlib.Path(task['model'])
    model = path.read_bytes()
    inputs = {name: np.load(file) for name, file in task['inputs'].items()}
    plain = session(model, path.parent, task['threads'], ort.GraphOptimizationLevel.ORT_DISABLE_ALL)
    known = {o.name for o in plain.get_outputs()}
    inputs = {i.name: inputs[i.name] for i in plain.get_inputs()}
    del plain
    opened = session(with_outputs(model, [n for n in task['outputs'] if n not in known]), path.parent, task['threads'], ort.GraphOptimizationLevel.ORT_DISABLE_ALL)
    for i, value in enumerate(opened.run(task['outputs'], inputs)):
        np.save(work / f'origin_{i}.npy', np.ascontiguousarray(value).reshape(np.shape(value)))
    del opened
    (work / 'origin.txt').write_text(f"{ort.__version__} {run_time(model, path.parent, task['threads'], inputs)}\n")


if __name__ == '__main__':
    sys.exit(main())
