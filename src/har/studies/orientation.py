"""Orientation: what is left of a model when the phone sits in a way that nobody trained for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from har.files import digest, write_json
from har.models.examples import scores as simple
from har.params import Params
from har.paths import Paths
from har.signals import attitude
from har.studies import corpus, fits, transfer_page
from har.studies.corpus import Corpus
from har.studies.fits import Fit
from har.studies.transfer_page import summary

TURNS: Final = ("none", "recording", "window")
"""How the phone is turned in the test: not at all; each recording by one rotation; each window by its own."""
SEED: Final = 20  # of the rotations of the test


@dataclass(frozen=True)
class Variant:
    """One way to meet an unknown orientation.

    knobs: over those that the family has in params.yaml. upright: whether each recording, in training and in the test,
    is first turned so that gravity while moving is +x. That takes no labels, but the recording as a whole.
    """

    knobs: Mapping[str, Any] = field(default_factory=dict)
    upright: bool = False
    family: str = "cnn_lstm"


@dataclass(frozen=True)
class Options:
    """Seeds, and the variants by name. The first is what the others are held against."""

    seeds: tuple[int, ...] = (0, 1)
    variants: Mapping[str, Variant] = field(
        default_factory=lambda: {
            "as trained": Variant(),
            "turned every way in training": Variant({"rotation_degrees": 180.0}),
            "channels that no turn changes": Variant(family="cnn_lstm_any"),
            "upright": Variant({"orientation": "upright"}, upright=True),
        }
    )


def run(params: Params, paths: Paths, options: Options | None = None) -> dict[str, Any]:
    """Train each variant on all but HAPT's test subjects, and turn the phones of these.

    Writes `data/studies/orientation/scores.json` and `docs/transfer.md`; returns the scores: variant to each of
    `TURNS` (macro-F1), to `loss_<turn>` (what the same models lose by it) and `short_<turn>` (what they then lack of
    the first variant unturned): `mean`, `sd` and `n` over seeds. An upright variant has no `window`: it is about
    recordings.
    """
    chosen = options or Options()
    data = corpus.load(params, paths, ("hapt",), "basic", features=False)
    found = {name: assess(data, variant, chosen, params, paths) for name, variant in chosen.variants.items()}
    plain = next(iter(found.values()))["none"]
    scores = {}
    for name, values in found.items():
        turns = {kind: value for kind, value in values.items() if kind != "none"}
        lost = {f"loss_{kind}": values["none"] - value for kind, value in turns.items()}
        short = {f"short_{kind}": plain - value for kind, value in turns.items()}
        scores[name] = {key: summary(value) for key, value in (values | lost | short).items()}
    write_json(paths.root / "data" / "studies" / "orientation" / "scores.json", scores)
    transfer_page.write(paths)
    return scores


def assess(
    data: Corpus, variant: Variant, options: Options, params: Params, paths: Paths
) -> dict[str, NDArray[np.float64]]:
    """Train one variant and return its macro-F1 under every turn that it is about, `[seeds]` each."""
    raw = params.train.family(variant.family) | dict(variant.knobs)
    test = (data.index["split"] == "test").to_numpy()
    tasks = [Fit(variant.family, raw, seed, np.flatnonzero(~test)) for seed in options.seeds]
    fitted = fits.train(tasks, turned(data, "none", variant), params, paths, "orientation")
    found: dict[str, NDArray[np.float64]] = {}
    for kind in TURNS[:2] if variant.upright else TURNS:
        rows = [np.flatnonzero(test)] * len(tasks)
        answers = fits.predict_rows(fitted, tasks, rows, turned(data, kind, variant), f"orientation {kind}")
        found[kind] = np.array([simple(answer, data.y[test])["macro_f1"] for answer in answers])
    return found


def turned(data: Corpus, kind: str, variant: Variant) -> Corpus:
    """The corpus with its phones turned, then set upright where the variant does that."""
    recordings = np.unique(data.index["recording"].to_numpy(dtype=str), return_inverse=True)[1]
    windows = data.windows
    if kind != "none":
        groups = recordings if kind == "recording" else np.arange(len(windows))
        windows = attitude.randomly_turned(windows, groups, SEED)
    if variant.upright:
        windows = attitude.upright(windows, recordings)
    if windows is data.windows:
        return data
    return replace(data, windows=windows, sha256=digest([data.sha256, kind, SEED, variant.upright]))
