"""The best knobs of the deployed family over many tries, chosen by cross-validation over the training subjects."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from har.errors import HarError
from har.files import digest, replacing, write_json
from har.models.families import FAMILIES
from har.models.families import family as find
from har.parallel import ItemError
from har.params import Params
from har.params import load as load_params
from har.paths import Paths
from har.studies import corpus as corpora
from har.studies import crossval_scores, fits, params_file, search
from har.studies.corpus import Corpus
from har.studies.crossval import Outcome, Variant, knobs_of, out_of_fold
from har.studies.folds import Fold, folds_of
from har.studies.search import Search, Trial
from har.studies.sources import code_sha256
from har.tracking import runs, store
from har.tracking import studies as told
from har.tracking import trials as mlflow_trials


@dataclass(frozen=True)
class Ground:
    """What all trials of a sweep share."""

    params: Params
    paths: Paths
    corpus: Corpus
    folds: list[Fold]

    @property
    def family(self) -> str:
        """The deployed family."""
        return self.params.train.deploy

    def variant(self, knobs: dict[str, Any]) -> Variant:
        """The family with a trial's knobs and those that all trials share."""
        return Variant(self.family, knobs_of(self.params, self.family, {**self.params.studies.sweep.base, **knobs}))

    def outcomes(self, knobs: Sequence[dict[str, Any]], folds: Sequence[Fold]) -> list[Outcome]:
        """Train and predict every set of knobs on the folds, side by side; what was trained before is only read."""
        variants = [self.variant(one) for one in knobs]
        seeds = self.params.studies.seeds
        return out_of_fold(variants, folds, seeds, self.corpus, self.params, self.paths, f"sweep {self.family}")


def run(params: Params, paths: Paths, trials: int | None = None) -> dict[str, Any]:
    """Try knobs out of `studies.sweep.space`, tell MLflow after every round, and return what was found.

    trials: how many in all; None means `studies.sweep.trials`. Whatever was tried before under the same data, code,
    folds and space counts. Writes `data/studies/sweep/<name>.json`, which holds what is returned: `trials` (number,
    knobs, scores after each fold, pruned), `failed` (numbers of trials whose training failed), `winner` (the number),
    `changes` (knobs that differ from params.yaml), `score` and `present` (mean macro-F1 over folds of the winner and of
    params.yaml), and `difference` (paired, with its 95 % interval). The authors' test subjects are in no fold.
    Raises: HarError for a space that cannot be, before anything is trained. Where the machine fails, what it raises
    ends the sweep, and the trial is tried again by the next one.
    """
    check(params)
    ground = _ground(params, paths)
    tracking = store.locate(paths.root)
    tracking.check()
    folder = paths.root / "data" / "studies" / "sweep"
    note = _note(ground)
    with search.opened(folder) as storage:
        found = Search(storage, note.name, params.studies.sweep)
        parent = mlflow_trials.parent(tracking, note)
        child = partial(_child, ground)
        mlflow_trials.ensure(tracking, note, parent, found.trials(), child)
        while batch := found.round(params.train.family(ground.family), trials or params.studies.sweep.trials):
            _score(batch, found, ground)
            mlflow_trials.ensure(tracking, note, parent, found.trials(), child)
        result = _result(note.name, found.trials(), ground)
        write_json(folder / f"{note.name}.json", result)
        scores = {"macro_f1": result["score"], "present_macro_f1": result["present"]}
        mlflow_trials.finish(tracking, parent, scores, (folder / f"{note.name}.json",))
    return result


def check(params: Params) -> None:
    """Raise `HarError` where `studies.sweep` names a knob that the family does not have, a value that it does not take,
    or a space without the present value.
    """
    family, sweep = params.train.deploy, params.studies.sweep
    present = params.train.family(family)
    _checked(params, "base", sweep.base)
    for name, dimension in sweep.space.items():
        if name in sweep.base:
            raise HarError(f"params.yaml: studies.sweep.space.{name} is in studies.sweep.base too: take it out of one.")
        for value in search.ends(dimension):
            _checked(params, f"space.{name}", {name: value})
        if not search.contains(dimension, present[name]):
            raise HarError(
                f"params.yaml: studies.sweep.space.{name} leaves out the present value {present[name]} of "
                f"train.{family}.{name}: a sweep starts there."
            )


def changed_file(path: Path, result: dict[str, Any]) -> tuple[str, str]:
    """The text of params.yaml with the winner's knobs, and how it differs from the present one, as `diff -u` has it."""
    old = path.read_text(encoding="utf-8")
    values: dict[params_file.Key, Any] = {
        ("train", result["family"], name): value for name, value in result["changes"].items()
    }
    new = params_file.with_values(old, values)
    pairs = zip(old.splitlines(), new.splitlines(), strict=True)  # difflib loses its way among lines that recur
    hunks = [f"@@ -{n} +{n} @@\n-{was}\n+{now}\n" for n, (was, now) in enumerate(pairs, start=1) if was != now]
    return new, "".join([f"--- a/{path.name}\n+++ b/{path.name}\n" if hunks else "", *hunks])


def write(path: Path, text: str) -> None:
    """Put `text` in place of params.yaml, once it is known to load."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
        load_params(temporary)


def _ground(params: Params, paths: Paths) -> Ground:
    features = find(params.train.deploy).inputs == "features"
    corpus = corpora.load(params, paths, features=features)
    folds = folds_of(corpus, params.studies.folds, "training", params.studies.fold_seed)
    return Ground(params, paths, corpus, folds)


def _note(ground: Ground) -> mlflow_trials.Search:
    """What MLflow is told of the sweep; its key is what the trials follow from."""
    params, family = ground.params, ground.family
    sweep, content = params.studies.sweep, ground.corpus.content(find(family).inputs)
    fixed = {name: value for name, value in ground.variant({}).raw.items() if name not in sweep.space}
    shared = {
        "fixed": {name: value for name, value in fixed.items() if name != "seeds"},
        "space": {name: one.model_dump(mode="json") for name, one in sweep.space.items()},
        "together": sweep.together,
        "startup": sweep.startup,
        "sampler_seed": sweep.seed,
        "seeds": list(params.studies.seeds),
        "folds": [list(fold.subjects) for fold in ground.folds],
        "activities": list(ground.corpus.activities),
        "threads": params.train.threads,
    }
    key = digest({**shared, "family": family, "data": content, "code": code_sha256([FAMILIES[family]], fits.WITHIN)})
    return mlflow_trials.Search(
        experiment=f"{params.data_name}-studies",
        kind="sweep",
        family=family,
        name=f"sweep_{family}_{key[:8]}",
        key=key,
        params=shared,
        data=runs.Data(params.data_name, content, sum(len(fold.test) for fold in ground.folds)),
    )


def _score(batch: Sequence[Trial], found: Search, ground: Ground) -> None:
    """Take a round of trials through the folds, one fold after the other, and give up those that fall behind."""
    ends: dict[int, search.End] = {}
    scores = {trial.number: list[float]() for trial in batch}
    for step, fold in enumerate(ground.folds):
        if not (alive := [trial for trial in batch if trial.number not in ends]):
            break
        for trial, outcome in zip(alive, _outcomes(alive, fold, ground), strict=True):
            if outcome is None:
                ends[trial.number] = "failed"
                continue
            scores[trial.number].append(_macro_f1(outcome, fold, ground))
            found.report(trial.number, _mean(scores[trial.number]), step)
            if fold is not ground.folds[-1] and found.falls_behind(trial.number):
                ends[trial.number] = "pruned"
    found.close({trial.number: ends.get(trial.number, "complete") for trial in batch})


def _outcomes(trials: Sequence[Trial], fold: Fold, ground: Ground) -> list[Outcome | None]:
    """Train and predict the trials on one fold; None for one whose training failed twice, but for params.yaml's own."""
    try:
        return [*ground.outcomes([trial.knobs for trial in trials], [fold])]
    except ItemError:  # of one of them; those that are trained are only read now
        return [_outcome(trial, fold, ground) for trial in trials]


def _outcome(trial: Trial, fold: Fold, ground: Ground) -> Outcome | None:
    try:
        return ground.outcomes([trial.knobs], [fold])[0]
    except ItemError as error:
        if trial.number == 0:
            raise
        print(f"sweep: trial {trial.number} is left out, its training failed twice: {error}", file=sys.stderr)
        return None


def _macro_f1(outcome: Outcome, fold: Fold, ground: Ground) -> float:
    """Of one fold, mean over seeds."""
    knobs = ground.params.evaluate
    cells = [crossval_scores.cell(outcome.table, fold.number, seed, knobs) for seed in ground.params.studies.seeds]
    return _mean([cell["macro_f1"] for cell in cells])


def _child(ground: Ground, trial: Trial) -> told.Child:
    """What MLflow is told of one trial; the models of folds with a score were all trained."""
    seen, failed = ground.folds[: len(trial.scores)], trial.end == "failed"
    variant = ground.variant(trial.knobs)
    wanted = [
        fits.Fit(variant.family, variant.raw, s, fold.train) for fold in seen for s in ground.params.studies.seeds
    ]
    models = fits.train(wanted, ground.corpus, ground.params, ground.paths, f"sweep {ground.family}")
    return told.Child(
        name=f"trial {trial.number}" + {"pruned": " (given up)", "failed": " (failed)"}.get(str(trial.end), ""),
        params={"trial": trial.number, "pruned": trial.end == "pruned", **trial.knobs},
        metrics={"folds": len(seen)} | ({} if failed else {"macro_f1": trial.scores[-1]}),
        history={"macro_f1_so_far": trial.scores},
        duration_s=sum(model.record["seconds"] for model in models),
        model_sha256=digest([model.record["sha256"] for model in models]),
        failed=failed,
    )


def _result(name: str, trials: Sequence[Trial], ground: Ground) -> dict[str, Any]:
    whole = [trial for trial in trials if trial.end == "complete"]
    winner = max(whole, key=lambda trial: (trial.scores[-1], -trial.number))
    raw = ground.params.train.family(ground.family)
    present = {knob: raw[knob] for knob in ground.params.studies.sweep.space}
    best, now = ground.outcomes([winner.knobs, present], ground.folds)
    return {
        "name": name,
        "family": ground.family,
        "folds": len(ground.folds),
        "subjects": sum(len(fold.subjects) for fold in ground.folds),
        "trials": [
            {"number": one.number, "knobs": one.knobs, "scores": list(one.scores), "pruned": one.end == "pruned"}
            for one in trials
            if one.end != "failed"
        ],
        "failed": [one.number for one in trials if one.end == "failed"],
        "winner": winner.number,
        "changes": {knob: value for knob, value in winner.knobs.items() if value != present[knob]},
        "score": winner.scores[-1],
        "present": _mean([_macro_f1(now, fold, ground) for fold in ground.folds]),
        "difference": crossval_scores.paired(best.table, now.table, ground.params.evaluate),
    }


def _checked(params: Params, where: str, knobs: dict[str, Any]) -> None:
    try:
        knobs_of(params, params.train.deploy, knobs)
    except HarError as error:
        raise HarError(f"params.yaml: studies.sweep.{where}: {str(error).removeprefix('params.yaml: ')}") from error


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
