"""TFLite files as objects that can be changed, and back."""

from typing import Any, Final

import flatbuffers

IDENTIFIER: Final = b"TFL3"  # bytes 4 to 8 of a TFLite flatbuffer (TensorFlow Lite schema.fbs, file_identifier)
ALIGNMENT: Final = 16  # bytes; schema.fbs: `data:[ubyte] (force_align: 16)`, kernels read weights in place
CONVERSION: Final = b"CONVERSION_METADATA"  # the converter's notes on itself


class _Builder(flatbuffers.Builder):  # type: ignore[misc]
    """A builder that keeps the schema's alignment of buffers, which the generated Python classes forget."""

    def StartVector(self, elem_size: int, count: int, alignment: int) -> int:
        """Align vectors of bytes (weights, metadata, custom options) to 16."""
        aligned = max(alignment, ALIGNMENT) if elem_size == 1 else alignment
        offset: int = super().StartVector(elem_size, count, aligned)
        return offset


def parse(tflite: bytes) -> Any:
    """The file as a `ModelT` of the generated schema."""
    from ai_edge_litert import schema_py_generated as schema

    return schema.ModelT.InitFromPackedBuf(tflite)


def pack(model: Any) -> bytes:
    """The `ModelT` as a file; equal models give equal bytes."""
    builder = _Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=IDENTIFIER)
    return bytes(builder.Output())


def slim(tflite: bytes) -> bytes:
    """The same computation without what no runtime reads: a fifth of the file of a small network.

    That is the names of inner tensors, shapes that repeat the fixed ones, quantisation without numbers, the
    converter's notes on itself, and the empty buffers that each tensor without weights has of its own.
    """
    model = parse(tflite)
    model.metadata = [entry for entry in model.metadata or [] if entry.name != CONVERSION]
    buffers = [model.buffers[0]]  # schema.fbs: the first buffer is empty, and stands for "no weights"
    places = {0: 0}

    def moved(old: int) -> int:
        if old not in places and model.buffers[old].data is None:
            places[old] = 0
        elif old not in places:
            places[old] = len(buffers)
            buffers.append(model.buffers[old])
        return places[old]

    for graph in model.subgraphs:
        ends = {*graph.inputs, *graph.outputs}
        for index, tensor in enumerate(graph.tensors):
            tensor.buffer = moved(tensor.buffer)
            if index not in ends:
                tensor.name = b""
            if tensor.shapeSignature is not None and list(tensor.shapeSignature) == list(tensor.shape):
                tensor.shapeSignature = None
            if tensor.quantization is not None and tensor.quantization.scale is None:
                tensor.quantization = None
    for entry in model.metadata:
        entry.buffer = moved(entry.buffer)
    model.buffers = buffers
    return pack(model)
