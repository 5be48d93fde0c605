"""Abstaining: what a temperature does for calibration, and a threshold below which the model had better say nothing."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from har.evaluation import abstain, abstain_page, scores, study_figures
from har.files import write_json, write_text
from har.models.examples import cooled
from har.models.families import family as find
from har.params import Params
from har.paths import Paths
from har.studies import corpus, fits
from har.studies.corpus import Corpus
from har.studies.fits import Fit


@dataclass(frozen=True)
class Options:
    """Whose answers, and `target`: the accuracy that they must reach on the validation subjects."""

    family: str = "cnn_lstm"
    seeds: tuple[int, ...] = (0, 1, 2)
    target: float = 0.99


DEFAULTS: Final = Options()


def run(params: Params, paths: Paths, options: Options = DEFAULTS) -> dict[str, Any]:
    """Choose the threshold of each seed's model on the validation subjects, and score it on the test subjects.

    The model that is scored has learned from the validation subjects too; for the choice stands its twin that has not,
    at the same temperature. Writes `data/studies/abstain/scores.json`, `docs/abstain.md` and
    `docs/images/abstain.png`; returns the scores: for each seed `threshold`, `temperature`, `validation` and `test`
    (coverage and accuracy at the threshold, `accuracy_of_all`), and `ece_before` and `ece_after` on the test subjects.
    Raises: HarError where no threshold reaches the target on the validation subjects.
    """
    kind = find(options.family).inputs
    data = corpus.load(params, paths, features=kind == "features")
    train, validation, test = (np.flatnonzero(data.index["split"] == side) for side in ("train", "validation", "test"))
    raw = params.train.family(options.family)
    final = [Fit(options.family, raw, seed, train, validation) for seed in options.seeds]
    twins = [Fit(options.family, raw, seed, train) for seed in options.seeds]
    fitted = fits.train([*final, *twins], data, params, paths, "abstain")
    sides = [test] * len(final) + [validation] * len(twins)
    answers = fits.predict_rows(fitted, [*final, *twins], sides, data, "abstain: predictions")
    seeds, curves = [], []
    for place, seed in enumerate(options.seeds):
        temperature = float(fitted[place].record["temperature"])
        known = cooled(answers[len(final) + place], temperature)
        found, drawn = _judge(data, (validation, known), (test, answers[place]), options)
        before = _ece(data, test, cooled(answers[place], 1 / temperature), params)
        after = _ece(data, test, answers[place], params)
        seeds.append({"seed": seed, "temperature": temperature, **found, "ece_before": before, "ece_after": after})
        curves.append(drawn)
    result = {"family": options.family, "target": options.target, "seeds": seeds}
    write_json(paths.root / "data" / "studies" / "abstain" / "scores.json", result)
    title = "Answering only when sure enough"
    image = paths.root / "docs" / "images" / "abstain.png"
    study_figures.abstain(curves[0], seeds[0]["threshold"], options.target, image, title)
    write_text(paths.root / "docs" / "abstain.md", abstain_page.markdown(result))
    return result


Side = tuple[NDArray[np.int64], NDArray[np.floating]]  # rows of the corpus, and probabilities [n, a] for them


def _judge(data: Corpus, validation: Side, test: Side, options: Options) -> tuple[dict[str, Any], dict[str, Any]]:
    """Threshold from validation and what it gives on both sides, and the curves of both."""
    (known, right_known), (asked, right_asked) = (_sure(data, *side) for side in (validation, test))
    limit = abstain.threshold(known, right_known, options.target)
    found = {
        "threshold": limit,
        "validation": {**abstain.at(known, right_known, limit), "accuracy_of_all": float(right_known.mean())},
        "test": {**abstain.at(asked, right_asked, limit), "accuracy_of_all": float(right_asked.mean())},
    }
    curves = {
        "test subjects": abstain.curve(asked, right_asked),
        "validation subjects": abstain.curve(known, right_known),
    }
    return found, curves


def _sure(
    data: Corpus, rows: NDArray[np.int64], answers: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Confidence of the answers `[n]`, and whether each is right `[n]`."""
    return answers.max(axis=1).astype(np.float64), answers.argmax(axis=1) == data.y[rows]


def _ece(data: Corpus, rows: NDArray[np.int64], answers: NDArray[np.floating], params: Params) -> float:
    """Expected calibration error of the answers `[n, a]`."""
    chosen = data.index.iloc[rows]
    bins = params.evaluate.calibration_bins
    return float(scores.score(chosen["label"], answers, chosen["subject"], data.activities, bins)["ece"])
