"""What a client sends and what it is told, and the way from one to the other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationError

from har.datasets import canonical
from har.datasets.recording_file import RecordingFile
from har.errors import HarError
from har.live import smoother
from har.live.champion import Champion
from har.live.stream import Heard, Stream
from har.live.window_log import Note, stride
from har.params import Live, describe
from har.signals.windows import cut

MAX_SAMPLES: Final = 100_000  # of one request as JSON, over half an hour at 50 Hz; CSV takes less memory
SAMPLES_A_MESSAGE: Final = 1000

Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)]
Sample = Annotated[
    list[Number],
    FailFast(),
    Field(min_length=6, max_length=6, description="acc_x, acc_y, acc_z, gyro_x, gyro_y, gyro_z"),
]
Rows = Annotated[list[Sample], FailFast()]  # the first mistake is enough: a broken body may have a million
Times = Annotated[list[Annotated[float, Field(allow_inf_nan=False)]], FailFast()]


class Message(BaseModel):
    """Samples of a stream: `t` (s, any origin) and `samples` (m/s^2 with gravity, rad/s, Android's axes)."""

    model_config = ConfigDict(extra="forbid")

    t: Times = Field(max_length=SAMPLES_A_MESSAGE)
    samples: Rows = Field(max_length=SAMPLES_A_MESSAGE)


class Samples(BaseModel):
    """A window or a whole recording, evenly spaced: m/s^2 with gravity, rad/s, Android's axes."""

    model_config = ConfigDict(extra="forbid")

    samples: Rows = Field(min_length=1, max_length=MAX_SAMPLES)
    rate_hz: float = Field(50.0, ge=canonical.MIN_RATE_HZ, le=canonical.MAX_RATE_HZ, description="Hz")


class Answer(BaseModel):
    """What is believed at the end of one window."""

    t: float = Field(description="s, time of the window's last sample")
    activity: str = Field(description="the most probable activity of this window alone")
    probability: float = Field(description="its probability")
    probabilities: dict[str, float] = Field(description="of this window alone, by activity")
    smoothed_activity: str = Field(description="the most probable activity, all windows so far considered")
    smoothed_probability: float = Field(description="its probability")
    smoothed: dict[str, float] = Field(description="all windows so far considered, by activity")
    unsure: bool = Field(description="whether smoothed_probability is below the model's `unsure_below`")


class Listener:
    """The ear of one stream: knows what it has heard, and follows when the champion is replaced."""

    def __init__(self, champion: Champion, live: Live, note: Note | None = None) -> None:
        """note: takes the windows that are to be logged."""
        self._live, self._champion, self._note = live, champion, note
        self._smoother = smoother.from_document(live.smoother)
        self._begin(champion)

    def hear(self, champion: Champion, message: Message) -> list[Answer]:
        """Answers to the windows that `message` completes, by `champion`, the one in use now.

        Raises `HarError` for samples that cannot be right.
        """
        if champion is not self._champion and _shape(champion) != _shape(self._champion):
            self._begin(champion)
        self._champion = champion
        if len(message.t) != len(message.samples):
            raise HarError(f"t has {len(message.t)} times and samples {len(message.samples)} rows: send one each.")
        samples = np.array(message.samples, np.float64).reshape(-1, 6)
        return [self._answer(heard) for heard in self._stream.push(np.array(message.t, np.float64), samples)]

    def _begin(self, champion: Champion) -> None:
        about = champion.about
        self._stream = Stream(about.rate_hz, about.window, self._live.hop)
        self._belief: NDArray[np.float64] | None = None
        self._heard = 0  # windows since the start or the last gap

    def _answer(self, heard: Heard) -> Answer:
        probabilities = self._champion.probabilities(heard.window[None])[0]
        self._heard = 0 if heard.first else self._heard + 1
        if self._note is not None and self._heard % stride(self._champion, self._live.hop) == 0:
            self._note(self._champion, heard.window[None], probabilities[None])
        self._belief = self._smoother.step(None if heard.first else self._belief, probabilities)
        return _answer(heard.time, probabilities, self._belief, self._champion.about.activities, self._live)


def parse(text: str | None) -> Message:
    """A message out of its JSON text; None stands for bytes. Raises `HarError` that says what is wrong with it."""
    if text is None:
        raise HarError("messages are JSON in text frames, not bytes.")
    try:
        return Message.model_validate_json(text)
    except ValidationError as error:
        raise HarError(_first(error)) from error


def recognise(
    recording: RecordingFile, rate_hz: float | None, champion: Champion, live: Live, note: Note | None = None
) -> list[Answer]:
    """Answers to a whole recording, a window every `live.hop` samples.

    rate_hz: Hz, where the recording has no times. note: takes the windows that are to be logged. Raises `HarError` as
    `har.datasets.canonical.samples` does and for a recording shorter than one window.
    """
    about = champion.about
    samples = canonical.samples(recording, about.rate_hz, canonical.Stated(rate_hz=rate_hz))
    windows = cut(samples, about.window, live.hop)
    if not len(windows):
        raise HarError(
            f"{recording.path} lasts {len(samples) / about.rate_hz:.2f} s and one window needs "
            f"{about.window / about.rate_hz:.2f} s: record for longer."
        )
    probabilities = champion.probabilities(windows)
    if note is not None:
        every = stride(champion, live.hop)
        note(champion, windows[::every], probabilities[::every])
    beliefs = smoother.smooth(smoother.from_document(live.smoother), probabilities)
    ends = (np.arange(len(windows)) * live.hop + about.window - 1) / about.rate_hz
    return [
        _answer(float(end), answer, belief, about.activities, live)
        for end, answer, belief in zip(ends, probabilities, beliefs, strict=True)
    ]


def samples(body: bytes) -> tuple[RecordingFile, float]:
    """Samples sent as JSON, and their rate (Hz). Raises `HarError` that says what is wrong with them."""
    try:
        sent = Samples.model_validate_json(body)
    except ValidationError as error:
        raise HarError(_first(error)) from error
    return RecordingFile(Path("samples"), {}, None, np.array(sent.samples, np.float64)), sent.rate_hz


def _answer(
    time: float,
    probabilities: NDArray[np.float32],
    belief: NDArray[np.float64],
    activities: Sequence[str],
    live: Live,
) -> Answer:
    now, smoothed = int(probabilities.argmax()), int(belief.argmax())
    return Answer(
        t=round(time, 6),
        activity=activities[now],
        probability=float(probabilities[now]),
        probabilities=dict(zip(activities, probabilities.tolist(), strict=True)),
        smoothed_activity=activities[smoothed],
        smoothed_probability=float(belief[smoothed]),
        smoothed=dict(zip(activities, belief.tolist(), strict=True)),
        unsure=bool(belief[smoothed] < live.unsure_below),
    )


def _shape(champion: Champion) -> tuple[object, ...]:
    """What two models must share for one to go on where the other stopped."""
    return champion.about.rate_hz, champion.about.window, champion.about.activities


def _first(error: ValidationError) -> str:
    """The first mistake of a message: a broken one may have thousands."""
    return describe(error).partition(";")[0] + "."
