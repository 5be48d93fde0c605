"""Transfer: trained on one data set, tested on another with other phones, pockets and people, and back."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from har.files import digest, write_json
from har.models.families import family as find
from har.params import Params
from har.paths import Paths
from har.signals import attitude, invariants
from har.studies import centring, corpus, fits, folds, transfer_page
from har.studies.corpus import Corpus
from har.studies.fits import Fit
from har.studies.transfer_page import summary

BODY: Final = {"scale_spread": 0.5, "tempo_spread": 0.2}  # another place on the body moves with another strength
LINEAR: Final = {"inverse_regularisation": 0.001}


@dataclass(frozen=True)
class Variant:
    """One way to meet another phone.

    prepared: what the family gets. `as it is`; `upright`, each person's windows turned so that gravity while moving is
    +x; `invariant`, features that no turn changes; `centred`, these and the inclination of the upright windows, each
    person's mean (while moving, while still) moved to that of the training people; `taught`, windows as they are, and
    in training also those of half of the people of the other data set, labelled by `TEACHER`.
    """

    family: str
    prepared: str = "as it is"
    knobs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def unlabelled(self) -> str:
        """Whose unlabelled windows it uses: of the `person` whose activity it names, of `others` there, of `nobody`."""
        return {"upright": "person", "centred": "person", "taught": "others"}.get(self.prepared, "nobody")


TEACHER: Final = Variant("logistic_regression", "centred", LINEAR)


@dataclass(frozen=True)
class Options:
    """Between which two data sets, in which ways. epochs: of the networks."""

    datasets: tuple[str, str] = ("hapt", "motionsense")
    seeds: tuple[int, ...] = (0, 1)
    epochs: int = 20
    variants: Mapping[str, Variant] = field(
        default_factory=lambda: {
            "CNN-LSTM": Variant("cnn_lstm"),
            "CNN-LSTM, scaled and warped": Variant("cnn_lstm", knobs=BODY),
            "CNN-LSTM, channels that no turn changes": Variant("cnn_lstm", knobs={**BODY, "orientation": "any"}),
            "CNN-LSTM, upright": Variant("cnn_lstm", "upright", {**BODY, "orientation": "upright"}),
            "CNN-LSTM, taught": Variant("cnn_lstm", "taught", BODY),
            "logistic regression, invariant features": Variant("logistic_regression", "invariant", LINEAR),
            "logistic regression, invariant features, centred": TEACHER,
        }
    )


def run(params: Params, paths: Paths, options: Options | None = None) -> dict[str, Any]:
    """Train on the training subjects of one data set; score its test subjects (home) and all of the other (away).

    Writes `data/studies/transfer/scores.json` and `docs/transfer.md`; returns the scores: variant to `unlabelled`
    and `ways`: for each direction `<from> to <to>`, `home`, `away` (accuracy) and `retention` (away / home), each
    `mean`, `sd` and `n` over seeds, and `confusion` (rows: activity, columns: what it is taken for, of the first seed's
    windows).
    """
    chosen = options or Options()
    data = {name: corpus.load(params, paths, (name,), "shared", features=False) for name in chosen.datasets}
    first, second = chosen.datasets
    scores: dict[str, Any] = {"activities": list(data[first].activities), "variants": {}}
    for name, variant in chosen.variants.items():
        ways: dict[str, Any] = {}
        for source, target in ((first, second), (second, first)):
            ways[f"{source} to {target}"] = direction(data[source], data[target], variant, chosen, params, paths)
        scores["variants"][name] = {"unlabelled": variant.unlabelled, "ways": ways}
    write_json(paths.root / "data" / "studies" / "transfer" / "scores.json", scores)
    transfer_page.write(paths)
    return scores


def direction(
    source: Corpus, target: Corpus, variant: Variant, options: Options, params: Params, paths: Paths
) -> dict[str, Any]:
    """Score one variant from `source` to `target`, both of the same activities.

    Returns what `run` keeps of a way: home, away (accuracy, shares of 1), retention, and confusion `[k, k]` (windows).
    """
    score = _taught if variant.prepared == "taught" else _carried
    here, named = score(source, target, variant, options, params, paths)
    there = np.array([np.mean(answers == target.y) for answers in named])
    return {
        "home": summary(here),
        "away": summary(there),
        "retention": summary(there / here),
        "confusion": confusion(target.y, named[0], len(target.activities)),
    }


Scored = tuple[NDArray[np.float64], list[NDArray[np.int64]]]
"""By seed: accuracy at home `[s]`, and position of the activity named for each row of the target, `[n]`."""


def _carried(
    source: Corpus, target: Corpus, variant: Variant, options: Options, params: Params, paths: Paths
) -> Scored:
    """Train on the source alone."""
    train, test = _split(source)
    means = centring.centres(source, train) if variant.prepared == "centred" else {}
    home, away = prepare(source, variant, means), prepare(target, variant, means)
    tasks = [Fit(variant.family, _knobs(variant, options, params), seed, train) for seed in _seeds(variant, options)]
    inside, outside = _named(tasks, home, [(home, test), (away, np.arange(len(away.y)))], variant, params, paths)
    return np.array([np.mean(answers == home.y[test]) for answers in inside]), outside


def _taught(source: Corpus, target: Corpus, variant: Variant, options: Options, params: Params, paths: Paths) -> Scored:
    """Train on the source and on half of the target's people, whose labels are the teacher's answers; score the rest.

    Each half is taught by the other. The labels of the target are for the score alone (pseudo-labels: Lee 2013).
    """
    train, test = _split(source)
    labels = _carried(source, target, TEACHER, options, params, paths)[1][0]
    both = joined(source, target, labels)
    halves = [
        np.isin(target.subjects, group) for group in folds.deal(target.subjects.tolist(), 2, params.studies.fold_seed)
    ]
    away = np.arange(len(target.y)) + len(source.y)
    tasks = [
        Fit(variant.family, _knobs(variant, options, params), seed, np.concatenate([train, away[~half]]))
        for seed in _seeds(variant, options)
        for half in halves
    ]
    inside, outside = _named(tasks, both, [(both, test), (both, away)], variant, params, paths)
    right = np.array([np.mean(answers == source.y[test]) for answers in inside])
    named = [np.where(halves[0], first, second) for first, second in zip(outside[::2], outside[1::2], strict=True)]
    return right.reshape(-1, 2).mean(axis=1), named


def joined(source: Corpus, target: Corpus, labels: NDArray[np.int64]) -> Corpus:
    """The windows of both, those of the target labelled by positions of activities `[n]`."""
    index = target.index.assign(label=[target.activities[label] for label in labels])
    return replace(
        source,
        windows=np.concatenate([source.windows, target.windows]),
        features=np.empty((len(source.y) + len(target.y), 0), np.float32),
        index=pd.concat([source.index, index], ignore_index=True),
        sha256=digest([source.sha256, target.sha256, labels.tolist()]),
    )


def _split(source: Corpus) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the training and validation subjects, and of the test subjects."""
    test = (source.index["split"] == "test").to_numpy()
    return np.flatnonzero(~test), np.flatnonzero(test)


def _knobs(variant: Variant, options: Options, params: Params) -> dict[str, Any]:
    raw = params.train.family(variant.family) | dict(variant.knobs)
    return raw | {"epochs": options.epochs} if find(variant.family).inputs == "windows" else raw


def _seeds(variant: Variant, options: Options) -> tuple[int, ...]:
    """Those of networks; the solver of the linear model needs no chance."""
    return options.seeds if find(variant.family).inputs == "windows" else options.seeds[:1]


def prepare(data: Corpus, variant: Variant, means: Mapping[bool, NDArray[np.float32]]) -> Corpus:
    """The corpus as the variant takes it. means: `[f]` of the training people, moving and still."""
    if variant.prepared == "as it is":
        return data
    if variant.prepared == "upright":
        windows = attitude.upright(data.windows, data.subjects)
        return replace(data, windows=windows, sha256=digest({"upright": data.sha256}))
    features = invariants.extract(data.windows) if variant.prepared == "invariant" else centring.centre(data, means)
    return replace(data, features=features, features_sha256=hashlib.sha256(features.tobytes()).hexdigest())


def _named(
    tasks: list[Fit],
    data: Corpus,
    asked: list[tuple[Corpus, NDArray[np.int64]]],
    variant: Variant,
    params: Params,
    paths: Paths,
) -> list[list[NDArray[np.int64]]]:
    """Train on `data`; for each corpus and rows `[m]` asked about, the position each model names, `[m]`."""
    fitted = fits.train(tasks, data, params, paths, f"transfer {variant.prepared}")
    return [
        [
            np.asarray(answer.argmax(axis=1), np.int64)
            for answer in fits.predict_rows(fitted, tasks, [rows] * len(tasks), corpus, "name")
        ]
        for corpus, rows in asked
    ]


def confusion(y: NDArray[np.int64], named: NDArray[np.int64], activities: int) -> list[list[int]]:
    """Windows of each activity (rows) by what they are taken for (columns)."""
    counts = np.bincount(y * activities + named, minlength=activities**2)
    return [[int(count) for count in row] for row in counts.reshape(activities, activities)]
