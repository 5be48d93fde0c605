"""Streaming: models that listen to whole recordings, transitions and unlabelled parts included.

With and without a smoother, which hears the past alone and is chosen on training subjects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from har.datasets.schema import Interval, activity_set
from har.evaluation import streaming, streaming_page, study_figures
from har.evaluation.segments import runs
from har.files import write_json, write_text
from har.live.smoother import Exponential, Forward, Smoother, document, from_document, smooth
from har.models.examples import cooled
from har.parallel import ordered_map
from har.params import Params
from har.paths import Paths
from har.signals.windows import cut, starts
from har.studies import corpus, fits, recordings
from har.studies.corpus import Corpus
from har.studies.fits import Fit, Fitted
from har.studies.folds import folds_of
from har.studies.recordings import Heard

Floats = NDArray[np.floating]
CANDIDATES: Final[Mapping[str, tuple[Smoother, ...]]] = {
    "forward": tuple(
        Forward(stay, evidence)
        for stay in (0.6, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999)
        for evidence in (0.25, 0.5, 1.0)  # a quarter: the part of a window that the one before it has not seen
    ),
    "exponential": tuple(Exponential(memory) for memory in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9)),
}
SCORED: Final[Mapping[str, tuple[str, ...]]] = {  # the sets of activities that a model of each set can be scored in
    "basic": ("basic",),
    "one_transition": ("basic", "one_transition"),
    "transitions": ("basic", "one_transition", "transitions"),
}


@dataclass(frozen=True)
class Options:
    """What is listened to, and by which models.

    sets: sets of activities, one kind of model each. seeds: models of each kind that are scored; the first seed is also
    that of the models that choose the smoother. hop: samples from one answer to the next.
    max_f1_loss: frame-level macro-F1 that a smoother may cost on the training subjects' recordings.
    """

    family: str = "cnn_lstm"
    sets: tuple[str, ...] = ("basic", "one_transition", "transitions")
    seeds: tuple[int, ...] = (0, 1, 2)
    hop: int = 32
    max_f1_loss: float = 0.03


DEFAULTS: Final = Options()


def run(params: Params, paths: Paths, options: Options = DEFAULTS) -> dict[str, Any]:
    """Train, choose a smoother on the training subjects' recordings, and score the test subjects'.

    Writes `data/studies/streaming/scores.json`, `docs/streaming.md` and `docs/images/streaming.png`; returns the
    scores. `smoothers`: `chosen` (a kind) and, for `raw` and each kind, `smoother` and its scores on held-out training
    recordings, by the models of the first set; they serve all sets. `models`: set to `raw` and each kind, to each set
    it is scored in, to `mean`, `sd` and `n`.
    """
    heard = recordings.read(params, paths)
    smoothers: dict[str, Any] = {}
    models: dict[str, Any] = {}
    for name in options.sets:
        data = corpus.load(params, paths, activities=name, features=False)
        test, known = _side(heard, data, ("test",)), _side(heard, data, ("train", "validation"))
        fitted = fits.train(_final(data, params, options), data, params, paths, f"streaming {name}")
        if not smoothers:
            held_out = _held_out(known, data, fitted[0], params, paths, options)
            smoothers = choose(known, held_out, data.activities, params, options)
        answers = _answers(fitted, [test] * len(fitted), params, options, f"streaming {name}: answers")
        models[name] = _score_all(test, answers, smoothers, name, params, options)
        if name == options.sets[0]:
            smoother = _kinds(smoothers)[smoothers["chosen"]]
            bands = {"Answers": answers[0][0], "Smoothed": _smoothed(answers[0][0], smoother)}
            _draw(test[0], bands, data.activities, params, paths, options)
    result = {
        "family": options.family,
        "seeds": len(options.seeds),
        "rate_hz": params.preprocess.rate_hz,
        "window": params.preprocess.window,
        "hop": options.hop,
        "folds": params.studies.folds,
        "max_f1_loss": options.max_f1_loss,
        "recordings": {"train": len(known), "test": len(test)},
        "smoothers": smoothers,
        "models": models,
    }
    write_json(paths.root / "data" / "studies" / "streaming" / "scores.json", result)
    write_text(paths.root / "docs" / "streaming.md", streaming_page.markdown(result))
    return result


def choose(
    heard: Sequence[Heard], answers: Sequence[Floats], activities: tuple[str, ...], params: Params, options: Options
) -> dict[str, Any]:
    """Choose a smoother of each kind, and the better kind, on recordings with answers `[m, a]` each.

    Every smoother is later than the bare model, which costs frames, and makes up fewer segments. Of the candidates that
    cost at most `max_f1_loss` of frame-level macro-F1, the one with the best edit score is taken; where each costs
    more, the one that costs least.
    """

    def scored(smoother: Smoother | None) -> dict[str, Any]:
        return _score(heard, [_smoothed(item, smoother) for item in answers], activities, activities, params, options)

    bare = scored(None)
    found: dict[str, Any] = {"raw": {"smoother": None, **bare}}
    for kind, candidates in CANDIDATES.items():
        tried = [(smoother, scored(smoother)) for smoother in candidates]
        cheap = [item for item in tried if item[1]["macro_f1"] >= bare["macro_f1"] - options.max_f1_loss]
        key = "edit" if cheap else "macro_f1"
        best, scores = max(cheap or tried, key=lambda item: float(item[1][key]))
        found[kind] = {"smoother": document(best), **scores}
    return {**found, "chosen": max(CANDIDATES, key=lambda kind: float(found[kind]["edit"]))}


def _side(heard: Sequence[Heard], data: Corpus, splits: tuple[str, ...]) -> list[Heard]:
    """Recordings of the subjects on these sides of the split."""
    subjects = set(data.index.loc[data.index["split"].isin(splits), "subject"])
    return [item for item in heard if item.subject in subjects]


def _final(data: Corpus, params: Params, options: Options) -> list[Fit]:
    """The models that are scored: as the pipeline trains them."""
    sides = [np.flatnonzero(data.index["split"] == split) for split in ("train", "validation")]
    raw = params.train.family(options.family)
    return [Fit(options.family, raw, seed, sides[0], sides[1]) for seed in options.seeds]


def _held_out(
    known: Sequence[Heard], data: Corpus, final: Fitted, params: Params, paths: Paths, options: Options
) -> list[Floats]:
    """Answers `[m, a]` to each training recording, by a model that has not seen its subject.

    These are the models of a cross-validation over the training subjects; having no temperature of their own, they are
    given that of the final one.
    """
    raw, seed = params.train.family(options.family), options.seeds[0]
    folds = folds_of(data, params.studies.folds, "training", params.studies.fold_seed)
    wanted = [Fit(options.family, raw, seed, fold.train) for fold in folds]
    fitted = fits.train(wanted, data, params, paths, "streaming, held-out subjects")
    temperature = float(final.record["temperature"])
    own = [[item for item in known if item.subject in fold.subjects] for fold in folds]
    answers = _answers(fitted, own, params, options, "streaming, held-out subjects: answers")
    found = {
        item.name: cooled(answer, temperature)
        for fold, parts in zip(own, answers, strict=True)
        for item, answer in zip(fold, parts, strict=True)
    }
    return [found[item.name] for item in known]


def _answers(
    fitted: Sequence[Fitted], heard: Sequence[Sequence[Heard]], params: Params, options: Options, label: str
) -> list[list[Floats]]:
    """For each model, probabilities `[m, a]` of the windows of each of its recordings, one every `hop` samples."""
    return ordered_map(partial(_answer, params, options), list(zip(fitted, heard, strict=True)), label=label)


def _answer(params: Params, options: Options, asked: tuple[Fitted, Sequence[Heard]]) -> list[Floats]:
    fitted, heard = asked
    windows = [cut(item.samples, params.preprocess.window, options.hop) for item in heard]
    together = fits.predict(fitted, options.family, np.concatenate(windows))
    return list(np.split(together, np.cumsum([len(part) for part in windows])[:-1]))


def _ends(item: Heard, params: Params, options: Options) -> NDArray[np.int64]:
    """Last sample of each window that is answered `[m]`."""
    window = params.preprocess.window
    return starts(len(item.samples), window, options.hop) + window - 1


def _smoothed(answers: Floats, smoother: Smoother | None) -> Floats:
    return answers if smoother is None else smooth(smoother, answers)


def _kinds(choice: Mapping[str, Any]) -> dict[str, Smoother | None]:
    """The bare model (`raw`, without a smoother) and the chosen smoother of each kind."""
    return {"raw": None} | {kind: from_document(choice[kind]["smoother"]) for kind in CANDIDATES}


def _score(
    heard: Sequence[Heard],
    answers: Sequence[Floats],
    activities: tuple[str, ...],
    scored: tuple[str, ...],
    params: Params,
    options: Options,
) -> dict[str, Any]:
    """Score answers `[m, a]` over `activities` to each recording, in the set `scored`."""
    names = np.array(activities, dtype=object)
    streams = [
        streaming.stream(
            item.intervals,
            len(item.samples),
            names[answer.argmax(axis=1)].tolist(),
            _ends(item, params, options),
            scored,
        )
        for item, answer in zip(heard, answers, strict=True)
    ]
    return streaming.score(streams, scored, params.preprocess.rate_hz)


def _score_all(
    heard: Sequence[Heard],
    answers: Sequence[Sequence[Floats]],
    choice: Mapping[str, Any],
    name: str,
    params: Params,
    options: Options,
) -> dict[str, Any]:
    """Scores of all seeds of one set's models, bare and smoothed, in each set they can be scored in."""
    result: dict[str, Any] = {}
    for kind, smoother in _kinds(choice).items():
        smoothed = [[_smoothed(answer, smoother) for answer in one] for one in answers]
        result[kind] = {
            scored: streaming.over_seeds(
                [_score(heard, one, activity_set(name), activity_set(scored), params, options) for one in smoothed]
            )
            for scored in SCORED[name]
        }
    return result


def _draw(
    item: Heard,
    bands: Mapping[str, Floats],
    activities: tuple[str, ...],
    params: Params,
    paths: Paths,
    options: Options,
) -> None:
    """Draw one recording: acceleration, labels, and what each band of answers `[m, a]` names when."""
    ends = [*_ends(item, params, options).tolist(), len(item.samples)]
    stretches: dict[str, Sequence[Interval]] = {"Labels": item.intervals}
    for name, answers in bands.items():
        stretches[name] = [
            Interval(activities[place], ends[first], ends[last])
            for first, last, place in zip(*runs(answers.argmax(axis=1)), strict=True)
        ]
    path = paths.root / "docs" / "images" / "streaming.png"
    title = f"Recording {item.name}: labels, and answers from what came before"
    study_figures.streaming(item.samples, stretches, params.preprocess.rate_hz, path, title)
