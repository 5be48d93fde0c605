"""Keras to TFLite: the forms in which a model can leave the house, builtin operators only."""

import io
import itertools
import re
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from har.export.flatbuffer import pack, parse, slim
from har.models.runtime import quiet

Windows = NDArray[np.float32]

FORMS: Final = ("float32", "float16", "dynamic_range", "int8")


def convert(model: Any, form: str, calibration: Windows) -> bytes:
    """Convert a Keras model of raw windows to a TFLite file that takes one window `[1, 128, 6]`.

    form: `float32`; `float16` (weights stored in 16 bits); `dynamic_range` (weights in 8 bits, activations in
    float); `int8` (weights and activations in 8 bits, see `_integers`). All take and give float32.
    calibration: `[n, 128, 6]` training windows from which `int8` takes its ranges.

    The batch is fixed to 1, since the converter lowers an LSTM of free batch to operators that are not builtin
    (LiteRT documentation, "RNN conversion"). Equal inputs give equal bytes.
    """
    if form not in FORMS:
        raise ValueError(f"there is no form {form!r}: choose from {', '.join(FORMS)}")
    with quiet(), redirect_stderr(io.StringIO()):  # the converter's chatter and the quantiser's progress bars
        if form == "int8":
            return slim(_integers(_converted(model, "float32", calibration.shape[1:]), _front(model), calibration))
        return slim(_converted(model, form, calibration.shape[1:]))


def _converted(model: Any, form: str, window: tuple[int, ...]) -> bytes:
    """TensorFlow's own forms. Its int8 is not among them: the same model gave one of two files, at random."""
    import tensorflow as tf

    signature = tf.TensorSpec((1, *window), tf.float32, name="window")
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, format="tf_saved_model", verbose=False, input_signature=[signature])
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if form != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if form == "float16":
            converter.target_spec.supported_types = [tf.float16]
        converted: bytes = converter.convert()
        return converted


def _front(model: Any) -> list[str]:
    """Names of the layers in front of the first one that learns: representation and normalisation."""
    return [layer.name for layer in itertools.takewhile(lambda layer: not layer.trainable_weights, model.layers)]


def _integers(tflite: bytes, front: list[str], calibration: Windows) -> bytes:
    """The float32 file with weights and activations in 8 bits, from the first convolution to the last layer.

    Window, probabilities and the layers named in `front` stay in float, and so do operators without an 8-bit kernel
    in the quantiser (the maximum over time). In 8 bits a window of +-20 m/s^2 has steps of 0.16 m/s^2, far coarser
    than the movements that tell sitting from standing, which the representation has yet to bring out.
    """
    from litert_quantizer import calibrator, qtyping, quantizer  # type: ignore[import-untyped]
    from litert_quantizer.algorithm_manager import AlgorithmName  # type: ignore[import-untyped]
    from litert_quantizer.recipe_manager import RecipeManager  # type: ignore[import-untyped]
    from litert_quantizer.utils.qsv_utils import min_max_update  # type: ignore[import-untyped]

    operation = qtyping.TFLOperationName
    recipe = RecipeManager()
    recipe.add_static_config(".*", operation.ALL_SUPPORTED, activation_num_bits=8, weight_num_bits=8)
    for ends in (operation.INPUT, operation.OUTPUT):
        recipe.add_quantization_config(".*", ends, algorithm_key=AlgorithmName.NO_QUANTIZE)
    for name in front:  # operators are known by the tensors that they make, `<model>/<layer>_<count>/<operation>`
        scope = rf"/{re.escape(name)}(_\d+)?/"
        recipe.add_quantization_config(scope, operation.ALL_SUPPORTED, algorithm_key=AlgorithmName.NO_QUANTIZE)
    ranges = calibrator.Calibrator(
        tflite,
        num_threads=1,  # another count adds up in another order
        mode=calibrator.CalibrationMode.CALIBRATION_PROFILER_BASED,
        qsv_update_func=min_max_update,
    )
    ranges.calibrate({"serving_default": [{"window": window[None]} for window in calibration]}, recipe)
    result = quantizer.Quantizer(tflite, recipe.get_quantization_recipe()).quantize(
        ranges.get_model_qsvs(), enable_progress_bar=False, enable_progress_report=False
    )
    return _completed(bytes(result.quantized_model))


def _completed(tflite: bytes) -> bytes:
    """Give outputs that nobody reads the type of the operator's other outputs, as kernels want.

    The quantiser sees a tensor through its readers alone, and nobody reads the forget gate of an LSTM's first step,
    since there is nothing to forget.
    """
    model = parse(tflite)
    for graph in model.subgraphs:
        read = set(graph.outputs).union(*(operator.inputs for operator in graph.operators))
        for operator in graph.operators:
            sibling = next((graph.tensors[index] for index in operator.outputs if index in read), None)
            for index in operator.outputs:
                if sibling is not None and index not in read:
                    tensor = graph.tensors[index]
                    tensor.type, tensor.quantization = sibling.type, sibling.quantization
    return pack(model)


def has_variable_tensors(tflite: bytes) -> bool:
    """Whether the file keeps state between calls, which compiled-model runtimes and browsers refuse."""
    return any(tensor.isVariable for graph in parse(tflite).subgraphs for tensor in graph.tensors)


def operators(tflite: bytes) -> int:
    """Number of operators in the file's graphs."""
    return sum(1 for _ in _operators(parse(tflite)))


def integer_operators(tflite: bytes) -> int:
    """Number of operators whose result is in 8 bits."""
    from ai_edge_litert import schema_py_generated as schema

    found = _operators(parse(tflite))
    return sum(graph.tensors[operator.outputs[0]].type == schema.TensorType.INT8 for graph, operator in found)


def custom_operators(tflite: bytes) -> list[str]:
    """Names of the file's operators that are not builtin, which a phone's runtime would have to be built with."""
    return sorted(code.customCode.decode() for code in parse(tflite).operatorCodes if code.customCode)


def _operators(model: Any) -> Iterator[tuple[Any, Any]]:
    """Each operator of each graph, with its graph."""
    return ((graph, operator) for graph in model.subgraphs for operator in graph.operators)
