"""The registered model as MLflow serves it: a TFLite file behind MLflow's own interface, without TensorFlow.

MLflow copies this file into every version and runs the copy, so it stands alone and imports nothing of `har`.
"""

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc.model import PythonModel


class Recogniser(PythonModel):
    """Windows `[n, 128, 6]` (m/s^2 and rad/s, see metadata.json) to a row each: activity, confidence, probabilities."""

    def load_context(self, context: Any) -> None:
        """Load the TFLite file and the names of the activities."""
        from ai_edge_litert.interpreter import Interpreter

        metadata = json.loads(Path(context.artifacts["metadata.json"]).read_text(encoding="utf-8"))
        self.activities = list(metadata["activities"])
        self.interpreter = Interpreter(model_path=str(context.artifacts["har.tflite"]), num_threads=1)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]
        self.output = self.interpreter.get_output_details()[0]
        self.one_at_a_time = threading.Lock()  # a server answers in several threads; an interpreter is for one

    # MLflow reads the annotations: it takes a bare np.ndarray for "see the signature"; of others it warns.
    def predict(self, context: Any, model_input: np.ndarray, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Recognise windows `[n, 128, 6]`; a value that is not finite is an error."""
        windows = np.asarray(model_input, dtype=np.float32)
        if not np.isfinite(windows).all():
            raise MlflowException("the windows hold values that are not finite", INVALID_PARAMETER_VALUE)
        with self.one_at_a_time:
            probabilities = np.array([self._invoke(window) for window in windows], dtype=np.float64)
        probabilities = probabilities.reshape(len(windows), len(self.activities))
        columns = {f"p_{name}": probabilities[:, index] for index, name in enumerate(self.activities)}
        best = probabilities.argmax(axis=1)
        names = np.array(self.activities, dtype=object)[best]
        return pd.DataFrame({"activity": names, "confidence": probabilities.max(axis=1), **columns})

    def _invoke(self, window: Any) -> Any:
        """Probabilities `[a]` of one window `[128, 6]`; a state that an LSTM keeps is cleared before."""
        self.interpreter.reset_all_variables()
        if self.input["dtype"] is not np.float32:  # quantised: round(value / scale) + zero point
            scale, zero = self.input["quantization"]
            limits = np.iinfo(self.input["dtype"])
            window = np.clip(np.rint(window / scale) + zero, limits.min, limits.max).astype(self.input["dtype"])
        self.interpreter.set_tensor(self.input["index"], window[None])
        self.interpreter.invoke()
        values = self.interpreter.get_tensor(self.output["index"])[0]
        if self.output["dtype"] is np.float32:
            return values
        scale, zero = self.output["quantization"]
        return (values.astype(np.float32) - zero) * scale


set_model(Recogniser())
