"""Running a TFLite file on windows of raw samples with LiteRT: what phones run, without TensorFlow."""

import time
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from har.errors import HarError
from har.export import metadata
from har.export.flatbuffer import IDENTIFIER
from har.params import describe

WARM_UP: Final = 50  # invocations that are not timed: caches fill and the processor leaves its idle clock


class Runner:
    """One TFLite model with batch 1: input `[1, window, channels]`, output `[1, activities]`.

    Inputs and outputs of float32 or quantised integers. Raises `HarError` for a file that is not such a model.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.path = path
        try:
            self._bytes = path.read_bytes()
        except OSError as error:
            raise HarError(f"{path} cannot be read ({error.strerror}): name an existing .tflite file.") from error
        if self._bytes[4:8] != IDENTIFIER:
            raise HarError(f"{path} is not a TFLite model (no identifier TFL3): name a .tflite file.")
        try:
            self._interpreter = Interpreter(model_content=self._bytes, num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise HarError(f"{path} is not a TFLite model that can run here ({reason}): export it again.") from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        shapes = [tuple(int(size) for size in tensor["shape"]) for tensor in (*inputs, *outputs)]
        if [len(shape) for shape in shapes] != [3, 2] or any(shape[0] != 1 for shape in shapes):
            raise HarError(
                f"{path} takes and gives {shapes}: a recogniser takes one window (1, samples, channels) "
                "and gives (1, activities); export it with batch 1."
            )
        self._input, self._output = inputs[0], outputs[0]
        self.window_shape = shapes[0][1:]
        self.n_activities = shapes[1][1]

    @cached_property
    def metadata(self) -> metadata.Metadata:
        """What the file says about itself. Raises `HarError` when it says nothing or does not fit the model."""
        try:
            found = metadata.Metadata.model_validate(metadata.read(self._bytes))
        except ValidationError as error:
            raise HarError(f"{self.path}: its metadata is wrong: {describe(error)}; export it again.") from error
        except HarError as error:
            raise HarError(f"{self.path}: {error}") from error
        if (found.window, len(found.channels), len(found.activities)) != (*self.window_shape, self.n_activities):
            raise HarError(f"{self.path}: its metadata does not fit its input and output shapes: export it again.")
        return found

    def probabilities(self, windows: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Probabilities `[n, a]` of `windows [n, 128, 6]` (m/s^2 and rad/s), one window at a time."""
        if windows.ndim != 3 or windows.shape[1:] != self.window_shape:
            raise HarError(
                f"{self.path} takes windows of {self.window_shape} (samples, channels), not {windows.shape[1:]}."
            )
        result = np.empty((len(windows), self.n_activities), dtype=np.float32)
        for index, window in enumerate(windows):
            result[index] = self._invoke(window)
        return result

    def _invoke(self, window: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Probabilities `[a]` of one window `[128, 6]`; a state that a fused LSTM keeps is cleared before."""
        self._interpreter.reset_all_variables()
        self._interpreter.set_tensor(self._input["index"], _quantise(window, self._input)[None])
        self._interpreter.invoke()
        return _dequantise(self._interpreter.get_tensor(self._output["index"])[0], self._output)


def latency_ms(path: Path, runs: int) -> dict[str, float]:
    """Median (`p50`) and 99th percentile (`p99`) in ms of `runs` invocations of one window on one thread.

    A run counts everything from a float window to float probabilities.
    """
    runner = Runner(path, threads=1)
    window = np.random.default_rng(0).normal(0.0, 3.0, runner.window_shape).astype(np.float32)  # as lively as walking
    for _ in range(WARM_UP):
        runner._invoke(window)
    times = np.empty(runs)
    for run in range(runs):
        start = time.perf_counter_ns()
        runner._invoke(window)
        times[run] = time.perf_counter_ns() - start
    p50, p99 = np.percentile(times / 1e6, [50, 99])
    return {"p50": float(p50), "p99": float(p99)}


def _quantise(values: NDArray[np.floating[Any]], tensor: dict[str, Any]) -> NDArray[Any]:
    """Real values as the integers of a quantised tensor: round(value / scale) + zero point, clipped to its type."""
    dtype = np.dtype(tensor["dtype"])
    if dtype.kind == "f":
        return values.astype(dtype, copy=False)
    scale, zero_point = tensor["quantization"]
    limits = np.iinfo(dtype)
    integers: NDArray[Any] = np.clip(np.rint(values / scale) + zero_point, limits.min, limits.max).astype(dtype)
    return integers


def _dequantise(values: NDArray[Any], tensor: dict[str, Any]) -> NDArray[np.float32]:
    """The real values behind a quantised tensor's integers: (integer - zero point) * scale."""
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    scale, zero_point = tensor["quantization"]
    real: NDArray[np.float32] = ((values.astype(np.float32) - zero_point) * scale).astype(np.float32)
    return real
