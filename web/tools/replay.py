"""Write the recording that ships with the page: `python web/tools/replay.py FILE`.

A minute of a real one where the pipeline has downloaded any (data/raw), of somebody the model was not trained on;
otherwise, or with `--synthetic`, one made of named physical parameters. The file and the page say which.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from har.datasets import store
from har.datasets.catalog import get
from har.datasets.schema import CHANNELS, STANDARD_GRAVITY, Recording
from har.files import replacing
from har.paths import Paths

ROOT: Final = Path(__file__).parents[2]
LENGTH_S: Final = 60.0
ENOUGH_S: Final = 10.0  # of one activity
REAL: Final = "hapt"
CREDIT: Final = "a minute of HAPT (Reyes-Ortiz et al. 2016, not for commercial use), a wearer the model has not seen"
MADE_UP: Final = "synthetic, made of a few sine waves and noise, not recorded by anybody"
Labelled = tuple[NDArray[np.float64], list[str], float]  # canonical samples [n, 6], activity [n], rate (Hz)

# The synthetic recording. A phone at the waist as HAPT's wearers had it: upright, x is up and gravity lies on it.
RATE_HZ: Final = 50.0
TILTS: Final = {  # what makes up gravity while still: direction in the phone's axes
    "standing": (0.98, -0.16, -0.12),
    "sitting": (0.87, 0.24, 0.43),
    "laying": (0.02, 0.62, 0.78),
}
PLAN: Final = (("standing", 12.0), ("walking", 20.0), ("sitting", 14.0), ("laying", 14.0))  # s
STEPS_HZ: Final = 1.85  # steps a second of a walking adult
TREMOR: Final = (0.02, 0.008)  # m/s^2 and rad/s, of somebody who stands, sits or lies
WALK: Final = (  # channel, multiple of the stride's rate (half the steps'), amplitude in m/s^2 or rad/s, phase in rad
    (0, 2, 2.6, 0.0), (0, 4, 1.2, 0.9), (0, 6, 0.5, 2.1),
    (1, 1, 1.3, 0.4), (1, 3, 0.8, 1.6), (1, 2, 0.6, 2.5),
    (2, 2, 1.4, 1.3), (2, 4, 0.7, 0.2), (2, 1, 0.5, 2.9),
    (3, 1, 0.45, 0.7), (3, 2, 0.35, 1.9), (4, 2, 0.40, 0.3), (4, 1, 0.25, 2.2), (5, 1, 0.35, 1.1), (5, 3, 0.15, 0.5),
)  # fmt: skip


def main() -> None:
    """Choose, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--synthetic", action="store_true", help="even where there are real recordings")
    options = parser.parse_args()
    folder = Paths(ROOT).raw(REAL)
    real = (folder / "manifest.json").is_file() and not options.synthetic
    labelled, source = (cut(store.read(folder)), CREDIT) if real else (synthetic(), MADE_UP)
    write(options.file, labelled, source)
    print(f"{options.file}: {len(labelled[1]) / labelled[2]:.0f} s, {source}")


def cut(recordings: list[Recording]) -> Labelled:
    """The minute of a test subject that shows walking, and as much else as possible."""
    dataset = get(REAL)
    best: tuple[tuple[float, float], Recording, slice] | None = None
    for recording in (each for each in recordings if each.subject in dataset.test_subjects):
        labels = activities(recording)
        for item in recording.intervals:
            part = slice(item.start, item.start + round(LENGTH_S * recording.rate_hz))
            found = Counter(label for label in labels[part] if label and "_to_" not in label)  # no transitions
            shown = {label: min(count / recording.rate_hz, ENOUGH_S) for label, count in found.items()}
            score = (shown.get("walking", 0.0), sum(shown.values()))
            if part.stop <= len(labels) and (best is None or score > best[0]):
                best = (score, recording, part)
    assert best is not None, "the test subjects' recordings are longer than a minute"
    _, recording, part = best
    return dataset.to_canonical(recording.samples[part]), activities(recording)[part], recording.rate_hz


def activities(recording: Recording) -> list[str]:
    """The activity of every sample `[n]`, empty where it is not known."""
    labels = [""] * len(recording.samples)
    for item in recording.intervals:
        labels[item.start : item.end] = [item.activity] * (item.end - item.start)
    return labels


def synthetic() -> Labelled:
    """Somebody who stands, walks, sits and lies down; the same every time."""
    rng = np.random.default_rng(0)
    samples, labels = [], []
    for activity, seconds in PLAN:
        n = round(seconds * RATE_HZ)
        part = rng.normal(0.0, np.repeat(TREMOR, 3), (n, 6))
        part[:, :3] += STANDARD_GRAVITY * np.array(TILTS.get(activity, TILTS["standing"]))
        if activity == "walking":
            t = np.arange(n) / RATE_HZ
            for channel, multiple, amplitude, phase in WALK:
                part[:, channel] += amplitude * np.sin(np.pi * STEPS_HZ * multiple * t + phase)
            part += rng.normal(0.0, np.repeat((0.35, 0.08), 3), (n, 6))
        samples.append(part)
        labels += [activity] * n
    return np.concatenate(samples), labels, RATE_HZ


def write(target: Path, labelled: Labelled, source: str) -> None:
    """As docs/recording-format.md has it; a thousandth of each unit is finer than a phone's sensors."""
    samples, labels, rate_hz = labelled
    lines = [f"# source: {source}", ",".join(("t", *CHANNELS, "activity"))]
    for i, (row, label) in enumerate(zip(samples, labels, strict=True)):
        lines.append(",".join([f"{i / rate_hz:g}", *(f"{value:.4g}" for value in row.round(4)), label]))
    with replacing(target) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
