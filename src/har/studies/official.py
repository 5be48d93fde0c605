"""The authors' split: many seeds of one family, trained as the pipeline trains, scored on the test subjects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from har.evaluation import predictions, scores
from har.files import digest, replacing, sha256, write_json
from har.models.examples import cooled
from har.models.families import family as find
from har.parallel import ordered_map
from har.params import Params
from har.paths import Paths
from har.studies import corpus as corpora
from har.studies import fits
from har.studies.corpus import Corpus
from har.studies.crossval_scores import spread
from har.studies.fits import Fit, Fitted


@dataclass(frozen=True)
class Options:
    """What is trained.

    tflite: whether each model is also scored as the TFLite file that params.yaml's export.form makes of it.
    overrides: knobs of the family that differ from params.yaml.
    """

    family: str
    seeds: tuple[int, ...]
    activities: str | None = None
    tflite: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict)


def run(params: Params, paths: Paths, options: Options) -> dict[str, Any]:
    """Train every seed on all but the test subjects, and score the test subjects.

    Writes `data/studies/official/<name>.json`, and returns the same: `macro_f1`, `accuracy`, `worst_subject_accuracy`
    and `ece` (each mean, sd and n over seeds), `ece_before` the temperature, `classes` (activity to mean F1), and with
    `tflite` the `macro_f1_loss` against Keras, `agreement` and `kilobytes` (of 1000 bytes, without metadata).
    """
    module = find(options.family)
    data = corpora.load(params, paths, activities=options.activities, features=module.inputs == "features")
    train, validation, test = (np.flatnonzero(data.index["split"] == side) for side in ("train", "validation", "test"))
    raw = {**params.train.family(options.family), **options.overrides}
    wanted = [Fit(options.family, raw, seed, train, validation) for seed in options.seeds]
    label = f"official {options.family}"
    fitted = fits.train(wanted, data, params, paths, label)
    found = fits.predict_rows(fitted, wanted, [test] * len(wanted), data, f"{label}: predictions")
    result = summarise(data, test, found, fitted, options.seeds, params)
    if options.tflite:
        items = [(one.path, one.record["sha256"]) for one in fitted]
        store = paths.root / "data" / "studies" / "tflite"
        files = ordered_map(partial(converted, data.windows[train], params.export.form, store), items, label="convert")
        result |= parity(files, data, test, found)
    result |= {"family": options.family, "seeds": list(options.seeds), "activities": list(data.activities)}
    name = "_".join([options.family, options.activities or params.activities, f"{len(options.seeds)}-seeds"])
    suffix = f"_{digest(dict(options.overrides))[:8]}" if options.overrides else ""
    write_json(paths.root / "data" / "studies" / "official" / f"{name}{suffix}.json", result)
    return result


def summarise(
    data: Corpus,
    rows: NDArray[np.int64],
    answers: Sequence[NDArray[np.float32]],
    fitted: Sequence[Fitted],
    seeds: Sequence[int],
    params: Params,
) -> dict[str, Any]:
    """Scores over seeds of the answers `[m, a]` for the `rows` `[m]` of the corpus."""
    bins = params.evaluate.calibration_bins
    index = data.index.iloc[rows]
    hot = [cooled(answer, 1 / float(one.record["temperature"])) for answer, one in zip(answers, fitted, strict=True)]

    def scored(probabilities: NDArray[np.floating]) -> dict[str, Any]:
        return scores.score(index["label"], probabilities, index["subject"], data.activities, bins)

    each = [scored(answer) for answer in answers]
    columns = {f"{predictions.PREFIX}{name}": i for i, name in enumerate(data.activities)}
    parts = [
        index.assign(seed=seed, selected=place == 0, **{name: answer[:, i] for name, i in columns.items()})
        for place, (seed, answer) in enumerate(zip(seeds, answers, strict=True))
    ]
    whole = scores.family(pd.concat(parts, ignore_index=True), params.evaluate.bootstrap, bins)
    named = ("macro_f1", "accuracy", "worst_subject_accuracy", "ece")
    return {
        **{name: spread([one[name] for one in each]) for name in named},
        "macro_f1_interval": [whole["macro_f1"]["low"], whole["macro_f1"]["high"]],
        "ece_before": spread([scored(answer)["ece"] for answer in hot]),
        "worst_subjects": [one["worst_subject"] for one in each],
        "classes": {name: float(np.mean([one["classes"][name]["f1"] for one in each])) for name in data.activities},
        "values": [one["macro_f1"] for one in each],
    }


def converted(windows: NDArray[np.float32], form: str, store: Path, item: tuple[Path, str]) -> Path:
    """The TFLite file of one Keras model, made once."""
    from har.export import convert
    from har.models import keras_files

    path, content = item
    file = store / f"{content[:32]}_{form}.tflite"
    if not file.is_file():
        tflite = convert.convert(keras_files.load_model(path), form, np.array(windows[:: max(1, len(windows) // 256)]))
        with replacing(file) as temporary:
            temporary.write_bytes(tflite)
    return file


def parity(
    files: Sequence[Path], data: Corpus, rows: NDArray[np.int64], keras: Sequence[NDArray[np.float32]]
) -> dict[str, Any]:
    """What the TFLite files lose against the answers of Keras `[m, a]` for the `rows` `[m]`."""
    from har.export.runtime import Runner

    losses, agreements = [], []
    for file, expected in zip(files, keras, strict=True):
        answers = Runner(file).probabilities(data.windows[rows])
        losses.append(_macro_f1(data, rows, expected) - _macro_f1(data, rows, answers))
        agreements.append(float(np.mean(answers.argmax(axis=1) == expected.argmax(axis=1))))
    return {
        "macro_f1_loss": spread(losses),
        "agreement": spread(agreements),
        "kilobytes": spread([file.stat().st_size / 1000 for file in files]),
        "tflite_sha256": [sha256(file) for file in files],
    }


def _macro_f1(data: Corpus, rows: NDArray[np.int64], answers: NDArray[np.float32]) -> float:
    from har.models.examples import scores as simple

    return float(simple(answers, data.y[rows])["macro_f1"])
