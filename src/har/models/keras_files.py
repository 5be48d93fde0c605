"""Keras models as files: the same weights give the same bytes, and nothing is loaded that could run code."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from har.errors import HarError
from har.models.archives import settled_keras
from har.models.examples import Predict
from har.models.runtime import quiet


def to_bytes(model: Any) -> bytes:
    """Save the model as `.keras`, without the optimiser and the times of saving."""
    bare = type(model).from_config(model.get_config())
    bare.set_weights(model.get_weights())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        bare.save(path)
        return settled_keras(path.read_bytes())


def load_model(path: Path) -> Any:
    """Load a `.keras` model in safe mode (no code comes out of the file).

    Raises: HarError if the file is missing or is not such a model.
    """
    with quiet():
        import keras

        import har.models.layers  # noqa: F401  (registers the layers that the file names)

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise HarError(f"{path} cannot be loaded as a Keras model ({reason}): run `dvc repro`.") from error


def predict(model: Any, windows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Probability of each activity `[n, a]` for the windows `[n, 128, 6]`."""
    blocks = (windows[i : i + 512].astype(np.float32) for i in range(0, len(windows), 512))
    out: NDArray[np.float32] = np.concatenate([model.predict_on_batch(block) for block in blocks])
    return out


def load(path: Path) -> Predict:
    """Load a `.keras` model and return its prediction: windows `[n, 128, 6]` to probabilities `[n, a]`.

    Raises: HarError if the file is missing or is not such a model.
    """
    model = load_model(path)
    return lambda windows: predict(model, windows)
