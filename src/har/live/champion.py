"""The model in use: its bytes, what a client must know of it, and its probabilities."""

import hashlib
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from har.errors import HarError
from har.export.metadata import Metadata
from har.export.runtime import Runner
from har.files import replacing, write_json
from har.live import smoother
from har.params import Live
from har.paths import Paths


@dataclass(frozen=True)
class Champion:
    """One model, loaded. Its interpreter takes one window at a time, from whichever thread."""

    runner: Runner
    content: bytes
    sha256: str
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def about(self) -> Metadata:
        """What the file says about itself."""
        return self.runner.metadata

    def probabilities(self, windows: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Probabilities `[n, a]` of `windows [n, 128, 6]` (m/s^2 and rad/s)."""
        result = np.empty((len(windows), len(self.about.activities)), np.float32)
        for index, window in enumerate(windows):
            with self._one_at_a_time:  # taken anew for each, so that a long recording does not hold up the streams
                result[index] = self.runner.probabilities(window[None])[0]
        return result


def locate(paths: Paths) -> Path:
    """The page's file of the registry's champion, or the exported one before the first promotion."""
    return paths.champion_web if paths.champion_web.is_file() else paths.tflite_web


def load(path: Path) -> Champion:
    """Load `path` and run it once. Raises `HarError` for a file that is not a recogniser with its metadata."""
    before = path.read_bytes() if path.is_file() else b""
    runner = Runner(path)
    if path.read_bytes() != before:  # replaced in between
        return load(path)
    champion = Champion(runner, before, hashlib.sha256(before).hexdigest())
    champion.probabilities(np.zeros((1, champion.about.window, len(champion.about.channels)), np.float32))
    return champion


def document(champion: Champion, live: Live) -> dict[str, Any]:
    """What a client must know to hear as the server does, as a JSON value: the page's `model.json`."""
    about = champion.about
    if live.hop > about.window:
        raise HarError(f"params.yaml: live.hop: {live.hop} is more than the {about.window} samples of a window.")
    return {
        "version": about.version,
        "sha256": champion.sha256,
        "bytes": len(champion.content),
        "activities": list(about.activities),
        "rate_hz": about.rate_hz,
        "window": about.window,
        "step": about.step,
        "hop": live.hop,
        "smoother": smoother.document(smoother.from_document(live.smoother)),
        "unsure_below": live.unsure_below,
        "max_upload_bytes": max_upload_bytes(live),
    }


def max_upload_bytes(live: Live) -> int:
    """How large a recording may be that is sent in, in bytes."""
    return int(live.max_upload_megabytes * 1_000_000)


def export(champion: Champion, live: Live, folder: Path) -> None:
    """Write `model.json` and `har.tflite` into `folder`, as the server would answer them, for a static host."""
    with replacing(folder / "har.tflite") as temporary:
        temporary.write_bytes(champion.content)
    write_json(folder / "model.json", document(champion, live))
