"""Writes models in the ONNX format, without the `onnx` package: the few messages of onnx.proto that one graph needs.

Protocol buffers are fields of (number, wire type, value); a message holds its fields one after the other. The numbers
are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, where they never change.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Any

from numpy.typing import NDArray

MICROSOFT = "com.microsoft"  # the domain of ONNX Runtime's own operators
_IR_VERSION, _OPERATORS, _MICROSOFT_OPERATORS = 8, 18, 1
_TYPES = {"float32": 1, "int8": 3, "int64": 7}
_FLOAT, _INT = 1, 2


def tensor(name: str, values: NDArray[Any]) -> bytes:
    """A constant of the graph (TensorProto) of float32, int8 or int64 values."""
    dimensions = b"".join(_number(1, size) for size in values.shape)
    return dimensions + _number(2, _TYPES[values.dtype.name]) + _text(8, name) + _message(9, values.tobytes())


def node(operator: str, inputs: Sequence[str], output: str | Sequence[str], **options: float) -> bytes:
    """A step of the graph (NodeProto), named after its first output; integers and floats as `options`."""
    return _node(operator, "", inputs, output, options)


def microsoft_node(operator: str, inputs: Sequence[str], output: str | Sequence[str], **options: float) -> bytes:
    """A step of the graph that is an operator of ONNX Runtime's own."""
    return _node(operator, MICROSOFT, inputs, output, options)


def value(name: str, sizes: Sequence[int | str]) -> bytes:
    """An input or output of the graph (ValueInfoProto): float32 of `sizes`, a name where the size varies."""
    shape = b"".join(_message(1, _number(1, size) if isinstance(size, int) else _text(2, size)) for size in sizes)
    return _text(1, name) + _message(2, _message(1, _number(1, _FLOAT) + _message(2, shape)))


def model(nodes: Iterable[bytes], constants: Iterable[bytes], source: bytes, results: Iterable[bytes]) -> bytes:
    """The file (ModelProto) of a graph from the value `source` to the values `results`."""
    graph = b"".join(_message(1, node) for node in nodes) + _text(2, "encoder")
    graph += b"".join(_message(5, constant) for constant in constants) + _message(11, source)
    graph += b"".join(_message(12, result) for result in results)
    versions = (("", _OPERATORS), (MICROSOFT, _MICROSOFT_OPERATORS))
    imports = b"".join(_message(8, _text(1, domain) + _number(2, version)) for domain, version in versions)
    return _number(1, _IR_VERSION) + _message(7, graph) + imports


def _node(
    operator: str, domain: str, inputs: Sequence[str], output: str | Sequence[str], options: dict[str, float]
) -> bytes:
    outputs = [output] if isinstance(output, str) else output
    fields = b"".join(_text(1, name) for name in inputs) + b"".join(_text(2, name) for name in outputs)
    fields += _text(3, outputs[0]) + _text(4, operator)
    return fields + b"".join(_message(5, _attribute(*option)) for option in options.items()) + _text(7, domain)


def _attribute(name: str, value: float) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _INT)
    return _text(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, _FLOAT)


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; negative numbers as 64 bits."""
    number &= (1 << 64) - 1
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _message(field, content.encode())
