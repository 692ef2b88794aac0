"""Small networks in the files of other programs, made byte by byte: what tests and campaigns read.

`KNOWN` computes what the network in most of them gives: tanh and logistic units over two inputs.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

W1, B1 = np.array([[0.5, -1.25], [2.0, 0.75], [-0.5, 1.5]]), np.array([0.25, -0.5, 1.0])  # (units, inputs)
W2, B2 = np.array([[1.5, -2.0, 0.5]]), np.array([0.125])


def logistic(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def known(rows: np.ndarray, hidden: Any = np.tanh, output: Any = logistic) -> np.ndarray:
    """The outputs (n, 1) of the network for rows (n, 2)."""
    return output(hidden(rows @ W1.T + B1) @ W2.T + B2)


ROWS = np.array([[0.0, 0.0], [1.0, -1.0], [0.25, 2.0], [-3.0, 0.5]])

SNNS = """SNNS network definition file V1.4-3D
generated at Mon Apr 25 15:58:28 1994

network name : known
source files :
no. of units : 6
no. of connections : 9
no. of unit types : 1
no. of site types : 0


type definition section :

name | act func | out func | sites
-----|----------|----------|-------
mine | Act_TanH | Out_Identity |
-----|----------|----------|-------


unit default section :

act      | bias     | st | subnet | layer | act func     | out func
---------|----------|----|--------|-------|--------------|-------------
 0.00000 |  0.00000 | h  |      0 |     1 | Act_Logistic | Out_Identity
---------|----------|----|--------|-------|--------------|-------------


unit definition section :

no. | typeName | unitName | act      | bias     | st | position | act func | out func | sites
----|----------|----------|----------|----------|----|----------|----------|----------|-------
  1 |          | a        |  0.00000 |  0.00000 | i  | 1,1,0    |||
  2 |          | b        |  0.00000 |  0.00000 | i  | 1,2,0    |||
  3 | mine     | h1       |  0.00000 |  0.25000 | h  | 2,1,0    |||
  4 | mine     | h2       |  0.00000 | -0.50000 | h  | 2,2,0    |||
  5 |          | h3       |  0.00000 |  1.00000 | h  | 2,3,0    | Act_TanH ||
  6 |          | out      |  0.00000 |  0.12500 | o  | 3,1,0    |||
----|----------|----------|----------|----------|----|----------|----------|----------|-------


connection definition section :

target | site | source:weight
-------|------|--------------
     3 |      |  1: 0.50000,  2:-1.25000
     4 |      |  1: 2.00000,
                 2: 0.75000
     5 |      |  2: 1.50000,  1:-0.50000
     6 |      |  3: 1.50000,  4:-2.00000,  5: 0.50000
-------|------|--------------
"""

NNET = """// a network of two layers
2,2,1,3,
2,3,1,
0,
-2.0,-1.0,
2.0,1.0,
1.0,0.0,5.0,
2.0,1.0,10.0,
0.5,-1.25,
2.0,0.75,
-0.5,1.5,
0.25,
-0.5,
1.0,
1.5,-2.0,0.5,
0.125,
"""

# Age is scaled to 0..1 and filled by 40; a city is one of two words; the answer is in units of the data, 100 for an output of 1.
PMML = """<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment -->
<PMML version="4.4" xmlns="http://www.dmg.org/PMML-4_4">
<DataDictionary numberOfFields="3">
<DataField name="age" optype="continuous" dataType="double"/>
<DataField name="city" optype="categorical" dataType="string"><Value value="Oslo"/><Value value="Rome"/></DataField>
<DataField name="price" optype="continuous" dataType="double"/>
</DataDictionary>
<NeuralNetwork functionName="regression" activationFunction="tanh">
<MiningSchema>
<MiningField name="age" missingValueReplacement="40"/><MiningField name="city"/><MiningField name="price" usageType="target"/>
</MiningSchema>
<NeuralInputs>
<NeuralInput id="i0"><DerivedField optype="continuous" dataType="double"><NormContinuous field="age">
<LinearNorm orig="20" norm="0"/><LinearNorm orig="70" norm="1"/></NormContinuous></DerivedField></NeuralInput>
<NeuralInput id="i1"><DerivedField optype="continuous" dataType="double"><NormDiscrete field="city" value="Rome"/></DerivedField></NeuralInput>
</NeuralInputs>
<NeuralLayer>
<Neuron id="h1" bias="0.25"><Con from="i0" weight="0.5"/><Con from="i1" weight="-1.25"/></Neuron>
<Neuron id="h2" bias="-0.5"><Con from="i0" weight="2"/><Con from="i1" weight="0.75"/></Neuron>
<Neuron id="h3" bias="1"><Con from="i0" weight="-0.5"/><Con from="i1" weight="1.5"/></Neuron>
</NeuralLayer>
<NeuralLayer activationFunction="identity">
<Neuron id="o" bias="0.125"><Con from="h1" weight="1.5"/><Con from="h2" weight="-2"/><Con from="h3" weight="0.5"/></Neuron>
</NeuralLayer>
<NeuralOutputs><NeuralOutput outputNeuron="o"><DerivedField optype="continuous" dataType="double"><NormContinuous field="price">
<LinearNorm orig="0" norm="0"/><LinearNorm orig="100" norm="1"/></NormContinuous></DerivedField></NeuralOutput></NeuralOutputs>
<ModelVerification recordCount="2">
<VerificationFields><VerificationField field="age" column="age"/><VerificationField field="city"/>
<VerificationField field="price" precision="1e-4"/></VerificationFields>
<InlineTable>
<row><age>45</age><city>Rome</city><price>-203.52777</price></row>
<row><age>20</age><city>Oslo</city><price>179.74094</price></row>
</InlineTable>
</ModelVerification>
</NeuralNetwork>
</PMML>
"""


# MATLAB


def _element(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def _matrix(name: str, value: Any) -> bytes:
    """A double matrix, a cell array of matrices or texts (a list), or a text."""
    if isinstance(value, list):
        code, shape, body = 1, (len(value), 1), b"".join(_matrix("", one) for one in value)
    elif isinstance(value, str):
        code, shape, body = 4, (1, len(value)), _element(4, value.encode("utf-16-le"))
    else:
        array = np.atleast_2d(np.asarray(value, dtype=np.float64))
        code, shape, body = 6, array.shape, _element(9, array.tobytes(order="F"))
    head = (
        _element(6, struct.pack("<II", code, 0)) + _element(5, struct.pack("<ii", *shape)) + _element(1, name.encode())
    )
    return _element(14, head + body)


def mat(variables: Mapping[str, Any]) -> bytes:
    """A MATLAB file of version 5; lists are cell arrays of one column."""
    text = b"MATLAB 5.0 MAT-file, made for a test".ljust(124)
    return text + b"\0\1IM" + b"".join(_matrix(name, value) for name, value in variables.items())


def matlab_known() -> bytes:
    return mat({"W1": W1, "b1": B1[:, None], "W2": W2, "b2": B2, "transfer": ["tansig", "logsig"]})


# HDF5 and Keras


class _Hdf5:
    """Writes groups (dicts), datasets (arrays), and attributes of groups (the key `@`: lists of texts)."""

    def __init__(self) -> None:
        self.data = bytearray(96)

    def put(self, data: bytes) -> int:
        self.data += b"\0" * (-len(self.data) % 8)
        at = len(self.data)
        self.data += data
        return at

    def attribute(self, name: str, texts: list[str]) -> tuple[int, bytes]:
        raw = [text.encode() for text in texts]
        size = max(map(len, raw), default=1)
        parts = [
            name.encode() + b"\0",
            struct.pack("<BBBBI", 0x13, 0, 0, 0, size),
            struct.pack("<BBBBIQ", 1, 1, 0, 0, 0, len(raw)),
        ]
        body = struct.pack("<BBHHH", 1, 0, *map(len, parts))
        body += b"".join(part + b"\0" * (-len(part) % 8) for part in parts)
        return 12, body + b"".join(text.ljust(size, b"\0") for text in raw)

    def header(self, messages: list[tuple[int, bytes]]) -> int:
        body = b""
        for kind, data in messages:
            data += b"\0" * (-len(data) % 8)
            body += struct.pack("<HHBBBB", kind, len(data), 0, 0, 0, 0) + data
        return self.put(struct.pack("<BBHIIxxxx", 1, 0, len(messages), 1, len(body)) + body)

    def dataset(self, array: np.ndarray) -> int:
        array = np.ascontiguousarray(array)
        at = self.put(array.tobytes())
        space = struct.pack("<BBBBI", 1, array.ndim, 0, 0, 0) + struct.pack(f"<{array.ndim}Q", *array.shape)
        exponent, bits, mantissa, bias = {4: (23, 8, 23, 127), 8: (52, 11, 52, 1023)}[array.itemsize]
        kind = struct.pack("<BBBBI", 0x11, 0x20, 8 * array.itemsize - 1, 0, array.itemsize)
        kind += struct.pack("<HHBBBBI", 0, 8 * array.itemsize, exponent, bits, 0, mantissa, bias)
        layout = struct.pack("<BBQQ", 3, 1, at, array.nbytes)
        return self.header([(1, space), (3, kind), (8, layout)])

    def group(self, members: Mapping[str, Any]) -> int:
        children = {
            name: self.group(one) if isinstance(one, dict) else self.dataset(one)
            for name, one in members.items()
            if name != "@"
        }
        names, entries = bytearray(8), b""
        last = 0
        for name, address in sorted(children.items()):
            last = len(names)
            entries += struct.pack("<QQII16x", len(names), address, 0, 0)
            names += name.encode() + b"\0" * (8 - len(name.encode()) % 8)
        heap_data = self.put(bytes(names))
        heap = self.put(b"HEAP" + struct.pack("<IQQQ", 0, len(names), 1, heap_data))
        leaf = self.put(b"SNOD" + struct.pack("<BBH", 1, 0, len(children)) + entries)
        tree = self.put(b"TREE" + struct.pack("<BBHQQQQQ", 0, 0, 1, 2**64 - 1, 2**64 - 1, 0, leaf, last))
        own = [self.attribute(name, texts) for name, texts in members.get("@", {}).items()]
        return self.header([(17, struct.pack("<QQ", tree, heap)), *own])


def hdf5(members: Mapping[str, Any]) -> bytes:
    file = _Hdf5()
    root = file.group(members)
    head = b"\x89HDF\r\n\x1a\n" + struct.pack("<BBBBBBBBHHI", 0, 0, 0, 0, 0, 8, 8, 0, 4, 16, 0)
    head += struct.pack("<QQQQ", 0, 2**64 - 1, len(file.data), 2**64 - 1) + struct.pack("<QQII16x", 0, root, 0, 0)
    file.data[: len(head)] = head
    return bytes(file.data)


def keras_layer(kind: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name, **config}}


KERAS_LAYERS = [
    keras_layer("InputLayer", "input", batch_shape=[None, 2]),
    keras_layer("Dense", "dense_7", units=3, activation="tanh", use_bias=True),
    keras_layer("Dropout", "dropout", rate=0.5),
    keras_layer("Dense", "dense_9", units=1, activation="sigmoid", use_bias=True),
]
KERAS_NUMBERS = {"dense_7": [W1.T, B1], "dense_9": [W2.T, B2]}


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def keras(
    layers: list[dict[str, Any]] = KERAS_LAYERS, numbers: Mapping[str, list[Any]] = KERAS_NUMBERS, **rest: Any
) -> bytes:
    """A .keras file; numbers: by the names of the layers, whose groups are called g0, g1 ..."""
    groups = {
        f"g{k}": {"vars": {"@": {"name": [name]}, **{str(n): np.asarray(a, dtype="<f4") for n, a in enumerate(arrays)}}}
        for k, (name, arrays) in enumerate(numbers.items())
    }
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}, **rest}
    return zipped(
        {"metadata.json": "{}", "config.json": json.dumps(config), "model.weights.h5": hdf5({"layers": groups})}
    )


def keras_h5(layers: list[dict[str, Any]] = KERAS_LAYERS, numbers: Mapping[str, list[Any]] = KERAS_NUMBERS) -> bytes:
    """An .h5 file as Keras 2 wrote them."""
    groups: dict[str, Any] = {}
    for name, arrays in numbers.items():
        names = ["kernel:0", "bias:0", "mean:0", "variance:0"][: len(arrays)]
        inner = {one: np.asarray(array, dtype="<f4") for one, array in zip(names, arrays, strict=True)}
        groups[name] = {"@": {"weight_names": [f"{name}/{one}" for one in names]}, name: inner}
    config = {"class_name": "Sequential", "config": {"layers": layers}}
    return hdf5({"@": {"model_config": [json.dumps(config)]}, "model_weights": groups})


# skops


class _Skops:
    def __init__(self) -> None:
        self.parts: dict[str, bytes] = {}

    def node(self, value: Any) -> dict[str, Any]:
        if isinstance(value, np.ndarray):
            buffer = io.BytesIO()
            np.save(buffer, value, allow_pickle=False)
            name = f"{len(self.parts)}.npy"
            self.parts[name] = buffer.getvalue()
            return {
                "__class__": "ndarray",
                "__module__": "numpy",
                "__loader__": "NdArrayNode",
                "type": "numpy",
                "file": name,
            }
        if isinstance(value, (list, tuple)):
            kind = type(value).__name__
            return {
                "__class__": kind,
                "__module__": "builtins",
                "__loader__": f"{kind.title()}Node",
                "content": [self.node(v) for v in value],
            }
        if isinstance(value, dict) and "__kind__" in value:
            state = {name: self.node(one) for name, one in value.items() if name != "__kind__"}
            content = {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": state}
            return {
                "__class__": value["__kind__"],
                "__module__": value.get("__module__", "sklearn.x"),
                "__loader__": "ObjectNode",
                "content": content,
            }
        return {
            "__class__": "str",
            "__module__": "builtins",
            "__loader__": "JsonNode",
            "content": json.dumps(value),
            "is_json": True,
        }


def skops(model: Any) -> bytes:
    """A skops file; objects are dicts with `__kind__`, the name of the class."""
    file = _Skops()
    schema = json.dumps(file.node(model))
    return zipped({**file.parts, "schema.json": schema})


MLP = {
    "__kind__": "MLPClassifier", "activation": "tanh", "out_activation_": "logistic", "classes_": np.array(["no", "yes"]),
    "coefs_": [W1.T, W2.T], "intercepts_": [B1, B2], "alpha": 0.1,
}  # fmt: skip
SCALER = {
    "__kind__": "StandardScaler",
    "mean_": np.array([1.0, -2.0]),
    "scale_": np.array([2.0, 4.0]),
    "n_features_in_": 2,
}


def pipeline(*steps: Any) -> dict[str, Any]:
    return {"__kind__": "Pipeline", "steps": [(f"s{k}", step) for k, step in enumerate(steps)]}
