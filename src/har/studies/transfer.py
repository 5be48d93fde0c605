"""Transfer: trained on one data set, tested on another with other phones, pockets and people, and back."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from har.files import digest, write_json
from har.models.families import family as find
from har.params import Params
from har.paths import Paths
from har.signals import attitude, invariants
from har.studies import corpus, fits, transfer_page
from har.studies.corpus import Corpus
from har.studies.fits import Fit, Fitted
from har.studies.transfer_page import summary

INCLINATIONS: Final = 20  # columns of the same inclination: regularisation then hardly shrinks what they say together
BODY: Final = {"scale_spread": 0.5, "tempo_spread": 0.2}  # another place on the body moves with another strength
LINEAR: Final = {"inverse_regularisation": 0.001}


@dataclass(frozen=True)
class Variant:
    """One way to meet another phone.

    prepared: what the family gets. `as it is`; `upright`, each person's windows turned so that gravity while moving is
    +x; `invariant`, features that no turn changes; `centred`, these and the inclination of the upright windows, each
    person's mean (while moving, while still) moved to that of the training people. `upright` and `centred` know the
    unlabelled windows of the person they name the activities of.
    """

    family: str
    prepared: str = "as it is"
    knobs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def knows_target(self) -> bool:
        """Whether it uses unlabelled windows of the person."""
        return self.prepared in ("upright", "centred")


@dataclass(frozen=True)
class Options:
    """Between which two data sets, in which ways. epochs: of the networks."""

    datasets: tuple[str, str] = ("hapt", "motionsense")
    seeds: tuple[int, ...] = (0, 1)
    epochs: int = 20
    variants: Mapping[str, Variant] = field(
        default_factory=lambda: {
            "CNN-LSTM": Variant("cnn_lstm"),
            "CNN-LSTM, channels that no turn changes": Variant("cnn_lstm", knobs={**BODY, "orientation": "any"}),
            "CNN-LSTM, upright": Variant("cnn_lstm", "upright", {**BODY, "orientation": "upright"}),
            "logistic regression, invariant features": Variant("logistic_regression", "invariant", LINEAR),
            "logistic regression, invariant features, centred": Variant("logistic_regression", "centred", LINEAR),
        }
    )


def run(params: Params, paths: Paths, options: Options | None = None) -> dict[str, Any]:
    """Train on the training subjects of one data set; score its test subjects (home) and all of the other (away).

    Writes `data/studies/transfer/scores.json` and `docs/transfer.md`; returns the scores: variant to `knows_target`
    and, for each direction `<from> to <to>`, `home`, `away` (accuracy), `retention` (away / home), each `mean`, `sd`
    and `n` over seeds, and `confusion` (rows: activity, columns: what it is taken for, of the first seed's windows).
    """
    chosen = options or Options()
    data = {name: corpus.load(params, paths, (name,), "shared", features=False) for name in chosen.datasets}
    first, second = chosen.datasets
    scores: dict[str, Any] = {"activities": list(data[first].activities), "variants": {}}
    for name, variant in chosen.variants.items():
        found: dict[str, Any] = {"knows_target": variant.knows_target}
        for source, target in ((first, second), (second, first)):
            found[f"{source} to {target}"] = direction(data[source], data[target], variant, chosen, params, paths)
        scores["variants"][name] = found
    write_json(paths.root / "data" / "studies" / "transfer" / "scores.json", scores)
    transfer_page.write(paths)
    return scores


def direction(
    source: Corpus, target: Corpus, variant: Variant, options: Options, params: Params, paths: Paths
) -> dict[str, Any]:
    """Score one variant from `source` to `target`, both of the same activities."""
    trained_on = np.flatnonzero((source.index["split"] != "test").to_numpy())
    at_home = np.flatnonzero((source.index["split"] == "test").to_numpy())
    means = centres(source, trained_on) if variant.prepared == "centred" else {}
    home, away = prepare(source, variant, means), prepare(target, variant, means)
    raw = params.train.family(variant.family) | dict(variant.knobs)
    neural = find(variant.family).inputs == "windows"
    if neural:
        raw |= {"epochs": options.epochs}
    seeds = options.seeds if neural else options.seeds[:1]  # the solver of the linear model needs no chance
    tasks = [Fit(variant.family, raw, seed, trained_on) for seed in seeds]
    fitted = fits.train(tasks, home, params, paths, f"transfer {variant.prepared}")
    inside = _named(fitted, tasks, home, at_home)
    outside = _named(fitted, tasks, away, np.arange(len(away.y)))
    here = np.array([np.mean(named == home.y[at_home]) for named in inside])
    there = np.array([np.mean(named == away.y) for named in outside])
    return {
        "home": summary(here),
        "away": summary(there),
        "retention": summary(there / here),
        "confusion": confusion(away.y, outside[0], len(away.activities)),
    }


def prepare(data: Corpus, variant: Variant, means: Mapping[bool, NDArray[np.float32]]) -> Corpus:
    """The corpus as the variant takes it. means: `[f]` of the training people, moving and still."""
    if variant.prepared == "as it is":
        return data
    if variant.prepared == "upright":
        windows = attitude.upright(data.windows, data.subjects)
        return replace(data, windows=windows, sha256=digest({"upright": data.sha256}))
    features = invariants.extract(data.windows) if variant.prepared == "invariant" else centre(data, means)
    return replace(data, features=features, features_sha256=hashlib.sha256(features.tobytes()).hexdigest())


def described(data: Corpus) -> NDArray[np.float32]:
    """Invariant features and the logarithm of the inclination from each person's upright, `[n, f]`."""
    tilt = np.log(
        attitude.inclination(attitude.upright(data.windows, data.subjects)) + 3.0
    )  # 3 degrees: a swaying body
    return np.hstack([invariants.extract(data.windows), np.repeat(tilt[:, None], INCLINATIONS, axis=1)]).astype("f4")


def centres(data: Corpus, rows: NDArray[np.int64]) -> dict[bool, NDArray[np.float32]]:
    """Mean over the people of `rows` of each one's mean features `[f]`, while moving (True) and while still (False)."""
    features, walks = described(data)[rows], attitude.moving(data.windows)[rows]
    people = data.subjects[rows]
    found = {}
    for state in (True, False):
        groups = [(people == person) & (walks == state) for person in np.unique(people)]
        found[state] = np.mean([features[group].mean(axis=0) for group in groups if group.any()], axis=0)
    return found


def centre(data: Corpus, means: Mapping[bool, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Features `[n, f]`, each person's mean while moving and while still moved to `means`; no label is used."""
    features, walks = described(data), attitude.moving(data.windows)
    for person in np.unique(data.subjects):
        for state, mean in means.items():
            group = (data.subjects == person) & (walks == state)
            if group.any():
                features[group] += mean - features[group].mean(axis=0)
    return features


def _named(
    fitted: Sequence[Fitted], tasks: Sequence[Fit], data: Corpus, rows: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    """Position of the activity that each model names for each of the rows, `[m]`."""
    answers = fits.predict_rows(fitted, tasks, [rows] * len(tasks), data, "name")
    return [np.asarray(answer.argmax(axis=1), np.int64) for answer in answers]


def confusion(y: NDArray[np.int64], named: NDArray[np.int64], activities: int) -> list[list[int]]:
    """Windows of each activity (rows) by what they are taken for (columns)."""
    counts = np.bincount(y * activities + named, minlength=activities**2)
    return [[int(count) for count in row] for row in counts.reshape(activities, activities)]
