"""Train one family, every seed of it, and log each model to MLflow."""

import time
from functools import partial
from pathlib import Path
from typing import Any

from har.files import replacing, write_json, write_manifest
from har.models.examples import Examples, Trained
from har.models.families import family as find
from har.models.families import family_knobs, scratch_mlp
from har.parallel import ordered_map
from har.params import Params
from har.paths import Paths
from har.stages import inputs
from har.tracking import runs, store


def run(params: Params, paths: Paths, family: str) -> str:
    """Train `family`; a model's twin that has not seen the validation subjects is scored on them to choose the seed.

    Writes `models/<family>/`: `seed_<n>.keras`, `.skops` or `.network.json`, `seed_<n>.json` (what MLflow is told of
    it) and `training.json` (the seeds and the chosen one).
    """
    started = time.perf_counter()
    module = find(family)
    raw = params.train.family(family)
    knobs = family_knobs(family, raw)
    tracking = store.locate(paths.root)
    tracking.check()
    table = inputs.read(params, paths, module.inputs)
    train, validation = table.side("train").examples(), table.side("validation").examples()
    fit = partial(_fit, family, train, validation, raw, table.activities, params.train.threads)
    trained = ordered_map(fit, knobs.seeds, label=f"train {family}")
    chosen = min(trained, key=lambda item: item[0].validation["loss"])
    best = knobs.seeds[trained.index(chosen)]
    with replacing(paths.model(family)) as folder:
        folder.mkdir()
        for seed, (model, seconds) in zip(knobs.seeds, trained, strict=True):
            (folder / f"seed_{seed}{model.suffix}").write_bytes(_payload(model, params))
            record = {
                "params": {key: value for key, value in raw.items() if key != "seeds"} | _shared(params, module.inputs),
                "threads": params.train.threads,
                "data": {"name": params.data_name, "sha256": table.sha256, "windows": len(train.y)},
                "activities": list(table.activities),
                "history": model.history,
                "temperature": model.temperature,
                "validation": model.validation,
            }
            write_json(folder / f"seed_{seed}.json", record)
            runs.ensure(tracking, describe(family, seed, record, folder / f"seed_{seed}{model.suffix}", paths, seconds))
        write_json(
            folder / "training.json",
            {"family": family, "seeds": list(knobs.seeds), "selected": best, "suffix": chosen[0].suffix},
        )
        write_manifest(folder)
    score = chosen[0].validation["macro_f1"]
    return (
        f"train {family}: {len(knobs.seeds)} seeds on {len(train.y):,} windows of {len(set(train.subjects))} subjects, "
        f"seed {best} chosen with validation macro-F1 {score:.4f} ({time.perf_counter() - started:.1f} s)"
    )


def _payload(model: Trained, params: Params) -> bytes:
    """The bytes of the model's file; a network on features is told how those are computed."""
    return scratch_mlp.stamp(model.payload, params) if model.suffix == scratch_mlp.SUFFIX else model.payload


def _shared(params: Params, kind: str) -> dict[str, Any]:
    """Parameters that shape a model beyond its family's own knobs, by their dotted names in params.yaml."""
    sections = {"preprocess": params.preprocess} | ({"featurize": params.featurize} if kind == "features" else {})
    nested = {
        f"{name}.{key}": value for name, part in sections.items() for key, value in part.model_dump(mode="json").items()
    }
    return nested | {"activities": params.activities}


def describe(
    family: str, seed: int, record: dict[str, Any], model: Path, paths: Paths, seconds: float | None = None
) -> runs.RunRecord:
    """What MLflow is told of one trained model: `record` is the content of its `seed_<n>.json`."""
    return runs.RunRecord(
        experiment=record["data"]["name"],
        family=family,
        seed=seed,
        stage="train",
        activities=tuple(record["activities"]),
        params=record["params"],
        data=runs.Data(**record["data"]),
        history=record["history"],
        metrics={f"final_validation_{name}": value for name, value in record["validation"].items()}
        | {"temperature": record["temperature"]},
        model=model,
        threads=record["threads"],
        duration_s=seconds,
        code=paths.root,
    )


def _fit(
    family: str,
    train: Examples,
    validation: Examples,
    raw: dict[str, Any],
    activities: tuple[str, ...],
    threads: int,
    seed: int,
) -> tuple[Trained, float]:
    """Train one seed in a worker process; return the model and the seconds it took."""
    started = time.perf_counter()
    module = find(family)
    trained = module.fit(train, validation, family_knobs(family, raw), activities, seed, threads)
    return trained, time.perf_counter() - started
