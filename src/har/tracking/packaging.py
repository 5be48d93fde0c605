"""A candidate's files as an MLflow model that runs without TensorFlow."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from har.files import remove

FILES = ("har.tflite", "har-web.tflite", "model.keras", "metadata.json")  # what a version holds
REQUIREMENTS = ("mlflow", "numpy", "pandas", "ai-edge-litert")  # what serving.py imports


def save(files: Mapping[str, Path], folder: Path, model_id: str | None = None, run_id: str | None = None) -> None:
    """Write the MLflow model `folder`: `files` by name under `artifacts/`, serving.py as code, nothing pickled.

    files: paths of `FILES`, whose names must be those of the paths.
    """
    from mlflow import pyfunc
    from mlflow.models import Model
    from mlflow.models.signature import ModelSignature

    metadata = json.loads(files["metadata.json"].read_text(encoding="utf-8"))
    shape = (metadata["window"], len(metadata["channels"]))
    pyfunc.save_model(
        str(folder),
        python_model=str(Path(__file__).with_name("serving.py")),
        artifacts={name: str(files[name].absolute()) for name in FILES},
        signature=ModelSignature(*_schemas(shape, metadata["activities"])),
        input_example=_still(shape),
        pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
        mlflow_model=Model(model_uuid=model_id, model_id=model_id, run_id=run_id),
    )
    for cache in list(folder.rglob("__pycache__")):
        remove(cache)


def _schemas(shape: tuple[int, int], activities: list[str]) -> tuple[Any, Any]:
    """Windows `[-1, 128, 6]` in, a table of activity, confidence and a probability an activity out."""
    import numpy as np
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec

    numbers = ["confidence", *(f"p_{name}" for name in activities)]
    output: list[ColSpec | TensorSpec] = [ColSpec(DataType.string, "activity")]
    output += [ColSpec(DataType.double, name) for name in numbers]
    return Schema([TensorSpec(np.dtype(np.float32), (-1, *shape))]), Schema(output)


def _still(shape: tuple[int, int]) -> Any:
    """One window `[1, 128, 6]` of a phone that lies face up: 9.81 m/s^2 on the third axis, nothing else."""
    import numpy as np

    window = np.zeros((1, *shape), dtype=np.float32)
    window[..., 2] = 9.81
    return window
