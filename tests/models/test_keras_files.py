from pathlib import Path

import keras
import pytest

from har.errors import HarError
from har.models.keras_files import load, load_model


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(HarError, match=r"nothing\.keras cannot be loaded"):
        load(tmp_path / "nothing.keras")


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.keras"
    path.write_bytes(b"PK not really")
    with pytest.raises(HarError, match=r"broken\.keras cannot be loaded"):
        load(path)


def test_a_model_that_carries_code_is_refused(tmp_path: Path) -> None:
    inputs = keras.Input((4,))
    path = tmp_path / "code.keras"
    keras.Model(inputs, keras.layers.Lambda(lambda x: x + 1)(inputs)).save(path)
    with pytest.raises(HarError, match=r"code\.keras cannot be loaded"):
        load_model(path)
