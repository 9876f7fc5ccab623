#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the seeds of onnx_reader_fuzz and the hostile files of tests/golden/hostile.

    make_corpus.py seeds <folder>      about 20 small models, one feature each
    make_corpus.py hostile <folder>    files that must be refused, and hostile.txt: file, tab, text of the refusal

Needs the onnx package. The output is the same on every run.
"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F = TensorProto.FLOAT


def value(name, dims=(1, 4), kind=F):
    return helper.make_tensor_value_info(name, kind, dims)


def model(nodes, inputs=None, outputs=None, constants=(), opset=17, ir=8, functions=(), domains=()):
    graph = helper.make_graph(nodes, "g", inputs or [value("x")], outputs or [value("y")], list(constants))
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, 1) for d in domains]
    return helper.make_model(graph, ir_version=ir, opset_imports=imports, functions=list(functions))


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, **attributes)


def relu(**more):
    return model([node("Relu", ["x"], ["y"], name="act")], **more)


def constant(array, name="w"):
    return numpy_helper.from_array(np.asarray(array), name)


def external(location, offset=None, length=None):
    tensor = TensorProto(name="w", data_type=F, dims=[2], data_location=TensorProto.EXTERNAL)
    for key, text in (("location", location), ("offset", offset), ("length", length)):
        if text is not None:
            tensor.external_data.add(key=key, value=text)
    return relu(constants=[tensor])


def function(name, nodes, inputs=("a",), outputs=("b",), attributes=()):
    return helper.make_function("pkg", name, list(inputs), list(outputs), nodes,
                                [helper.make_opsetid("", 17), helper.make_opsetid("pkg", 1)], list(attributes))


def branch(op, source, target):
    return helper.make_graph([node(op, [source], [target])], op, [], [value(target)])


def seeds():
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((4, 3)).astype(np.float32)
    yield "relu", relu()
    yield "gemm", model([node("Gemm", ["x", "w", "b"], ["y"], transB=0, alpha=0.5)],
                        constants=[constant(weights), constant(np.ones(3, np.float32), "b")])
    yield "conv", model([node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1], strides=[2, 2], auto_pad="NOTSET")],
                        inputs=[value("x", (1, 2, 8, 8))], constants=[constant(np.ones((4, 2, 3, 3), np.float32))])
    yield "ir3_inputs", model([node("Add", ["x", "w"], ["y"])], inputs=[value("x"), value("w")],
                              constants=[constant(np.ones((1, 4), np.float32))], opset=9, ir=3)
    yield "symbolic", model([node("Relu", ["x"], ["y"])], inputs=[value("x", ("batch", None, 4))])
    for kind in (TensorProto.DOUBLE, TensorProto.INT64, TensorProto.INT8, TensorProto.UINT16, TensorProto.FLOAT16,
                 TensorProto.BFLOAT16, TensorProto.BOOL, TensorProto.UINT32, TensorProto.UINT64):
        name = TensorProto.DataType.Name(kind).lower()
        yield f"typed_{name}", relu(constants=[helper.make_tensor("w", kind, [2], [1, 0])])
    yield "constants", model([node("Constant", [], ["a"], value_float=1.0), node("Constant", [], ["b"], value_ints=[1, 2]),
                              node("Constant", [], ["c"], value=constant(weights)), node("Relu", ["x"], ["y"])])
    yield "unsorted", model([node("Relu", ["t"], ["y"]), node("Neg", ["x"], ["t"])])
    yield "if", model([node("If", ["c"], ["y"], then_branch=branch("Neg", "x", "o"), else_branch=branch("Abs", "x", "o"))],
                      inputs=[value("x"), value("c", (), TensorProto.BOOL)])
    body = helper.make_graph([node("Add", ["v", "x"], ["w"]), node("Identity", ["k"], ["l"])], "body",
                             [value("i", (), TensorProto.INT64), value("k", (), TensorProto.BOOL), value("v")],
                             [value("l", (), TensorProto.BOOL), value("w")])
    yield "loop", model([node("Loop", ["n", "c", "x"], ["y"], body=body)],
                        inputs=[value("x"), value("n", (), TensorProto.INT64), value("c", (), TensorProto.BOOL)])
    lstm = [constant(np.ones((1, 8, 4), np.float32)), constant(np.ones((1, 8, 2), np.float32), "r")]
    yield "lstm", model([node("LSTM", ["x", "w", "r", "", "", "h"], ["", "y"], hidden_size=2, activations=["Sigmoid", "Tanh", "Tanh"],
                              activation_alpha=[0.1])],
                        inputs=[value("x", (5, 1, 4)), value("h", (1, 1, 2))], constants=lstm)
    leaky = node("LeakyRelu", ["a"], ["t"], name="n1")
    reference = leaky.attribute.add(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT)
    assert reference.ref_attr_name
    twice = function("Twice", [leaky, node("Neg", ["t"], ["b"])], attributes=["slope"])
    outer = function("Outer", [helper.make_node("Twice", ["a"], ["b"], domain="pkg")])
    yield "functions", model([helper.make_node("Twice", ["x"], ["m"], domain="pkg", slope=0.5),
                              helper.make_node("Outer", ["m"], ["y"], domain="pkg")],
                             functions=[twice, outer], domains=["pkg"], ir=9)
    yield "newest", relu(opset=28, ir=14)
    yield "quantized", model([node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("DequantizeLinear", ["q", "s", "z"], ["y"])],
                             constants=[constant(np.float32(0.1), "s"), constant(np.uint8(3), "z")])
    yield "external", external("w.bin", "0", "8")


def hostile():
    whole = model([node("Gemm", ["x", "w"], ["y"])], constants=[constant(np.ones((4, 16), np.float32))]).SerializeToString()
    yield "truncated", whole[:len(whole) // 2], f"truncated at byte {len(whole) // 2}: graph[0] starts at byte"
    yield "text", b"this is not a model at all\n", "not an ONNX file"
    yield "lfs_pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "a Git LFS pointer; run git lfs pull"
    yield "no_graph", onnx.ModelProto(ir_version=8).SerializeToString(), "it holds no graph"
    yield "huge_length", b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "and claims 9223372036854775807 bytes, but 0 are left"
    lying = TensorProto(name="w", data_type=F, dims=[1000, 1000], raw_data=b"1234")
    yield "lying_dims", relu(constants=[lying]), 'initializer "w": has dims [1000, 1000] of float32, which is 4000000 bytes, but 4'
    wraps = TensorProto(name="w", data_type=F, dims=[1 << 32, 1 << 32], raw_data=b"")
    yield "overflowing_dims", relu(constants=[wraps]), "claims dims [4294967296, 4294967296], more than 2^40 elements"
    negative = TensorProto(name="w", data_type=F, dims=[-1, 4], raw_data=b"1234")
    yield "negative_dims", relu(constants=[negative]), "has the negative dimension -1"
    yield "absolute_path", external("/etc/passwd", "0", "8"), 'external data "/etc/passwd" is an absolute path'
    yield "parent_path", external("../../../../etc/passwd"), 'leaves the model\'s folder by ".."'
    yield "missing_data", external("nothing_here.bin"), 'external data "nothing_here.bin" does not exist beside the model'
    yield "huge_offset", external("hostile.txt", "18446744073709551612"), "but the tensor needs 8 from offset 18446744073709551612"
    yield "cycle", model([node("Neg", ["b"], ["a"], name="n1"), node("Add", ["a", "x"], ["b"], name="n2"), node("Relu", ["b"], ["y"])]), \
        'has a cycle: Add "n2" -> Neg "n1" -> back to the first'
    yield "recursion", model([helper.make_node("F", ["x"], ["y"], domain="pkg")], domains=["pkg"], ir=9,
                             functions=[function("F", [helper.make_node("F", ["a"], ["b"], domain="pkg")])]), "which is running already"
    bomb = [function(f"f{i}", [helper.make_node(f"f{i + 1}", ["a"], [f"c{k}"], domain="pkg") for k in range(4)], outputs=["c0"])
            for i in range(30)]
    bomb.append(function("f30", [node("Neg", ["a"], ["c0"])], outputs=["c0"]))
    yield "function_bomb", model([helper.make_node("f0", ["x"], ["y"], domain="pkg")], functions=bomb, domains=["pkg"], ir=9), \
        "model: grows beyond 2000000 entries"
    nested = b"\x0a\x00"  # a node; then attribute -> graph -> node around it, forty times
    for _ in range(40):
        for tag in (b"\x32", b"\x2a", b"\x0a"):
            size, length = len(nested), bytearray()
            while size > 127:
                length.append(size & 127 | 128)
                size >>= 7
            length.append(size)
            nested = tag + bytes(length) + nested
    size = len(nested)
    yield "deep", b"\x08\x08\x3a" + bytes([size & 127 | 128, size >> 7]) + nested, "messages nest deeper than 90"
    yield "escape_sequences", model([node("Relu", ["no\x1b[31m"], ["y"], name="\x07bell")]), r'Relu "\x07bell": reads the value "no\x1b[31m"'
    yield "strings", model([node("Relu", ["x"], ["y"])], inputs=[value("x", (1,), TensorProto.STRING)]), \
        'input "x": has element type STRING (8)'


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("seeds", "hostile"):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    if sys.argv[1] == "seeds":
        for name, content in seeds():
            (folder / f"{name}.onnx").write_bytes(content.SerializeToString())
        return
    lines = ["# file, tab, text of the refusal; written by tests/fuzz/make_corpus.py"]
    for name, content, text in hostile():
        (folder / f"{name}.onnx").write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
        lines.append(f"{name}.onnx\t{text}")
    (folder / "hostile.txt").write_text("\n".join(lines) + "\n")


main()
