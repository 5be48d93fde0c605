"""What an app must know about a model, carried inside the TFLite file as a JSON document in a buffer named `har`."""

import json
import struct
from typing import Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

from har.datasets.schema import CHANNELS
from har.errors import HarError
from har.export.flatbuffer import IDENTIFIER, pack

NAME: Final = "har"
_BROKEN: Final = (struct.error, IndexError, AttributeError, TypeError, ValueError)  # what reading garbage raises
UNITS: Final = {
    "acceleration": "m/s^2 including gravity, Android axes (face up at rest: z = +9.81)",
    "angular_velocity": "rad/s",
}


class Metadata(BaseModel):
    """The input a model expects, what its outputs mean and where it comes from.

    activities: in the order of the outputs. rate_hz: Hz. window, step: samples. channels: the order of the columns
    of a window `[window, 6]`. Keys beyond these are ignored, so that newer files can be read.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    version: str
    activities: tuple[str, ...] = Field(min_length=1)
    rate_hz: PositiveFloat
    window: PositiveInt
    step: PositiveInt
    channels: tuple[str, ...] = CHANNELS
    units: dict[str, str] = UNITS
    dataset: str
    licence: str

    @model_validator(mode="after")
    def _windows_leave_no_gaps(self) -> "Metadata":
        if self.step > self.window:
            raise ValueError(f"step {self.step} is longer than window {self.window}")
        return self

    def document(self) -> dict[str, Any]:
        """The JSON document for `embed`."""
        return self.model_dump(mode="json")


def embed(tflite: bytes, metadata: dict[str, Any]) -> bytes:
    """The same model with `metadata` as its JSON document; one that is already there is replaced.

    Equal inputs give equal bytes. Raises `HarError` when `tflite` is not a TFLite model.
    """
    from ai_edge_litert import schema_py_generated as schema

    try:
        model = schema.ModelT.InitFromObj(_open(tflite))
    except _BROKEN as error:
        raise HarError(f"the bytes are not a whole TFLite model ({error}): export it again.") from error
    text = json.dumps(metadata, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    data = np.frombuffer(text.encode(), dtype=np.uint8)
    entry = next((entry for entry in model.metadata or [] if entry.name == NAME.encode()), None)
    if entry is not None:
        model.buffers[entry.buffer].data = data
    else:
        model.metadata = [*(model.metadata or []), schema.MetadataT(name=NAME, buffer=len(model.buffers))]
        model.buffers = [*model.buffers, schema.BufferT(data=data)]
    return pack(model)


def read(tflite: bytes) -> dict[str, Any]:
    """The JSON document of a model. Raises `HarError` when it has none or is not a TFLite model."""
    model = _open(tflite)
    try:
        for index in range(model.MetadataLength()):
            entry = model.Metadata(index)
            if entry.Name() == NAME.encode():
                document = json.loads(bytes(model.Buffers(entry.Buffer()).DataAsNumpy()))
                break
        else:
            raise HarError(f"the model carries no `{NAME}` metadata: use a file made by the export stage.")
    except _BROKEN as error:
        raise HarError(f"the model's `{NAME}` metadata cannot be read ({error}): export it again.") from error
    if not isinstance(document, dict):
        raise HarError(f"the model's `{NAME}` metadata is not a JSON object: export it again.")
    return document


def _open(tflite: bytes) -> Any:
    """The flatbuffer's root, an accessor of the generated schema."""
    from ai_edge_litert import schema_py_generated as schema

    if tflite[4:8] != IDENTIFIER:
        raise HarError("the bytes are not a TFLite model: they lack the identifier TFL3.")
    return schema.Model.GetRootAs(tflite)
