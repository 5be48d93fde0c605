"""Cross-validation by subject of any family: every window is predicted by a model that never saw its subject."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from har.errors import HarError
from har.evaluation import predictions
from har.files import digest, replacing, write_json
from har.models.families import family as find
from har.params import Params
from har.paths import Paths
from har.studies import corpus as corpora
from har.studies import crossval_scores, fits
from har.studies.corpus import Corpus
from har.studies.folds import Fold, folds_of
from har.tracking import runs, store, studies


@dataclass(frozen=True)
class Options:
    """What is cross-validated.

    folds: how many; None leaves one subject out at a time. seeds: one model each in every fold. subjects: `all`, or
    `training` for all but the authors' test subjects. datasets, activities: None means those of params.yaml.
    overrides: knobs of the family that differ from params.yaml. without: recordings that are neither learned from nor
    scored.
    """

    family: str
    folds: int | None
    seeds: tuple[int, ...]
    subjects: Literal["all", "training"] = "all"
    datasets: tuple[str, ...] | None = None
    activities: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()

    def name(self, params: Params) -> str:
        """The folder of the results: another one for whatever gives other results."""
        parts = [
            self.family,
            "leave-one-out" if self.folds is None else f"{self.folds}-folds",
            f"{self.subjects}-subjects",
            "+".join(self.datasets or params.datasets),
            self.activities or params.activities,
            f"seeds-{'-'.join(map(str, self.seeds))}",
            *([digest(dict(self.overrides))[:8]] if self.overrides else []),
            *([f"without-{digest(sorted(self.without))[:8]}"] if self.without else []),
        ]
        return "_".join(parts)


@dataclass(frozen=True)
class Variant:
    """A family with its knobs, as params.yaml has them under `train.<family>`."""

    family: str
    raw: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What cross-validation gave for one variant.

    table: out-of-fold predictions, a row a window and seed, as `har.evaluation.predictions` has them, and the column
    fold. models: folds by seeds. knobs: as they were checked.
    """

    table: pd.DataFrame
    models: list[fits.Fitted]
    knobs: dict[str, Any]


def run(params: Params, paths: Paths, options: Options) -> dict[str, Any]:
    """Cross-validate, tell MLflow, and return the scores.

    Writes `data/studies/crossval/<name>/`: `predictions.parquet` (every out-of-fold window, with seed and fold) and
    `scores.json` (what is returned; see `crossval_scores.summarise`, and options, knobs and data).
    Raises: HarError for what cannot be cross-validated, before anything is trained.
    """
    raw = knobs_of(params, options.family, options.overrides)
    if not options.seeds or len(set(options.seeds)) < len(options.seeds):
        raise HarError("--seeds: give at least one seed, and each once, such as --seeds 0,1.")
    features = find(options.family).inputs == "features"
    corpus = corpora.load(params, paths, options.datasets, options.activities, features).without(options.without)
    folds = folds_of(corpus, options.folds, options.subjects, params.studies.fold_seed)
    tracking = store.locate(paths.root)
    tracking.check()
    name = options.name(params)
    variant = Variant(options.family, raw)
    (outcome,) = out_of_fold([variant], folds, options.seeds, corpus, params, paths, f"crossval {options.family}")
    result = {
        "name": name,
        "family": options.family,
        "knobs": outcome.knobs,
        "subjects_of": options.subjects,
        "leave_one_out": options.folds is None,
        "seeds": list(options.seeds),
        "datasets": list(options.datasets or params.datasets),
        "without": sorted(options.without),
        "activities": list(corpus.activities),
        "data_sha256": corpus.content(find(options.family).inputs),
        "fold_subjects": [list(fold.subjects) for fold in folds],
        **crossval_scores.summarise(outcome.table, params.evaluate),
    }
    folder = paths.root / "data" / "studies" / "crossval" / name
    with replacing(folder) as temporary:
        temporary.mkdir()
        outcome.table.to_parquet(temporary / "predictions.parquet", compression="zstd")
        write_json(temporary / "scores.json", result)
    studies.ensure(tracking, _told(result, outcome, params, folder))
    return result


def out_of_fold(
    variants: Sequence[Variant],
    folds: Sequence[Fold],
    seeds: Sequence[int],
    corpus: Corpus,
    params: Params,
    paths: Paths,
    label: str,
) -> list[Outcome]:
    """Train every variant on every fold with every seed, and predict what each fold holds out."""
    cells = list(product(folds, seeds))
    wanted = [fits.Fit(one.family, one.raw, seed, fold.train) for one in variants for fold, seed in cells]
    fitted = fits.train(wanted, corpus, params, paths, label)
    rows = [fold.test for _ in variants for fold, _ in cells]
    found = fits.predict_rows(fitted, wanted, rows, corpus, f"{label}: predictions")
    outcomes = []
    for first in range(0, len(wanted), len(cells)):
        mine = slice(first, first + len(cells))
        parts = [
            _rows(corpus, fold, seed, seed == seeds[0], p) for (fold, seed), p in zip(cells, found[mine], strict=True)
        ]
        table = pd.concat(parts).sort_values([*predictions.WINDOW, "seed"], kind="stable", ignore_index=True)
        outcomes.append(Outcome(table, fitted[mine], wanted[first].knobs))
    return outcomes


def knobs_of(params: Params, family: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The family's knobs with what `overrides` changes.

    Raises: HarError for an unknown family or key, or a bad value.
    """
    find(family)
    raw = params.train.family(family)
    fits.checked(family, raw)  # so that a mistake in params.yaml is not taken for one in the changes
    if "seeds" in overrides:
        raise HarError(f"changed knobs of {family}: seeds is not one: give seeds by themselves (--seeds).")
    try:
        fits.checked(family, {**raw, **overrides})
    except HarError as error:
        raise HarError(f"changed knobs of {family}: {str(error).removeprefix('params.yaml: ')}") from error
    return {**raw, **overrides}


def _rows(corpus: Corpus, fold: Fold, seed: int, selected: bool, probabilities: Any) -> pd.DataFrame:
    """Rows of the predictions table: to the model that predicts them, all its held-out subjects are test subjects."""
    columns = {f"p_{name}": probabilities[:, i] for i, name in enumerate(corpus.activities)}
    rows = corpus.index.iloc[fold.test].assign(split="test", seed=seed, selected=selected, fold=fold.number, **columns)
    return rows.reset_index(drop=True)


def _told(result: Mapping[str, Any], outcome: Outcome, params: Params, folder: Path) -> studies.Study:
    """What MLflow is told: the whole, and a child a fold and seed."""
    children = []
    cells = product(range(len(result["fold_subjects"])), result["seeds"])
    for (fold, seed), fitted in zip(cells, outcome.models, strict=True):
        cell = crossval_scores.cell(outcome.table, fold, seed, params.evaluate)
        held = ", ".join(map(str, result["fold_subjects"][fold]))
        children.append(
            studies.Child(
                name=f"fold {fold} seed {seed}",
                params={"fold": fold, "seed": seed, "held_out": held},
                metrics=cell,
                history=fitted.record["history"],
                duration_s=fitted.record["seconds"],
                model_sha256=fitted.record["sha256"],
            )
        )
    described = ("subjects_of", "leave_one_out", "seeds", "datasets", "without", "activities")
    return studies.Study(
        experiment=f"{'+'.join(result['datasets'])}-studies",
        kind="crossval",
        family=result["family"],
        name=result["name"],
        params={**result["knobs"], **{name: result[name] for name in described}},
        metrics=crossval_scores.flat(result),
        data=runs.Data("+".join(result["datasets"]), result["data_sha256"], len(outcome.table) // len(result["seeds"])),
        children=tuple(children),
        artifacts=(folder / "scores.json",),
    )
