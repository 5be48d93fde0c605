"""How often `har monitor` cries wolf, and what it overlooks: everybody left out in turn, with and without faults."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from har.files import sha256, write_json
from har.models import runtime
from har.models.families import family as find
from har.monitoring import folder, verdict
from har.monitoring import reference as references
from har.monitoring.batch import Batch
from har.monitoring.reference import Reference
from har.monitoring.verdict import Verdict
from har.parallel import ordered_map
from har.params import Params
from har.paths import Paths
from har.studies import corpus, crossval, fits, injected, monitoring_page, recordings
from har.studies.corpus import Corpus
from har.studies.fits import Fitted
from har.studies.folds import Fold, folds_of
from har.studies.injected import FAULTS, Told
from har.studies.recordings import Heard

STRETCHES = (200, 100, 50)  # windows in succession: small batches of one person
OTHERS = "motionsense"


@dataclass(frozen=True)
class Options:
    """Whose models. seed: of their training. others: whether MotionSense's people are judged too."""

    family: str = "cnn_lstm"
    seed: int = 0
    others: bool = True


@dataclass(frozen=True, eq=False)
class Draw:
    """One person left out, the model that never saw them, and a person of the other data set."""

    fold: Fold
    fitted: Fitted
    heard: tuple[Heard, ...]
    foreign: tuple[Heard, ...]

    def __repr__(self) -> str:
        return f"without subject {self.fold.subjects[0]}"


def run(params: Params, paths: Paths, options: Options | None = None) -> dict[str, Any]:
    """Judge each person's whole recordings by the other people's windows and a model trained on these.

    Every draw is judged as recorded, in stretches, and once with each fault. Writes
    `data/studies/monitoring/scores.json` and `docs/monitoring.md`; returns the scores, a row a kind of draw: `title`,
    `expected` (a finding, or none), `draws`, `alarms`, `named` (draws with the expected finding), `drifted` (median of
    the features), `findings` (how often each), `usual` (features of each draw that drift by a test for independent
    windows; empty but for sound recordings).
    """
    chosen = options or Options()
    data = corpus.load(params, paths, features=True)
    found = folds_of(data, None, "all", params.studies.fold_seed)
    raw = crossval.knobs_of(params, chosen.family, {})
    tasks = [fits.Fit(chosen.family, raw, chosen.seed, fold.train) for fold in found]
    fitted = fits.train(tasks, data, params, paths, "monitoring")
    own, foreign = _people(recordings.read(params, paths)), _foreign(params, paths) if chosen.others else []
    draws = [
        Draw(fold, model, own[fold.subjects[0]], foreign[i] if i < len(foreign) else ())
        for i, (fold, model) in enumerate(zip(found, fitted, strict=True))
    ]
    work = partial(_draw, data, params, chosen.family)
    results = [row for rows in ordered_map(work, draws, label="monitoring: draws") for row in rows]
    rows = _rows(results)
    write_json(paths.root / "data" / "studies" / "monitoring" / "scores.json", rows)
    monitoring_page.write(rows, paths)
    return {"rows": rows}


def _foreign(params: Params, paths: Paths) -> list[tuple[Heard, ...]]:
    """The other data set's people."""
    chosen = corpus.with_choice(params, (OTHERS,), "shared")
    corpus.load(params, paths, (OTHERS,), "shared", features=False)  # brings the recordings
    return list(_people(recordings.read(chosen, Paths(paths.root / "data" / "studies" / OTHERS))).values())


def _people(heard: Sequence[Heard]) -> dict[int, tuple[Heard, ...]]:
    names = sorted({item.subject for item in heard})
    return {name: tuple(item for item in heard if item.subject == name) for name in names}


def _draw(data: Corpus, params: Params, family: str, draw: Draw) -> list[dict[str, Any]]:
    """All that is judged with one person left out, a row each."""
    runtime.prepare(0, draw.fitted.record["threads"])  # as `fits.predict` does, but loaded once for all that is judged
    answer = find(family).load(draw.fitted.path)
    reference = _reference(data, params, draw, answer(data.windows[draw.fold.train]))
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for title, expected, place in _written(draw, params.preprocess.rate_hz, Path(scratch)):
            batch, others = folder.read(place, reference, answer, params.monitor)
            row = _row(title, expected, verdict.judge(title, batch, reference, params.monitor, others))
            if expected is None:
                usual = _usual(batch, folder.chosen(data.features[draw.fold.train]), params.monitor.false_discovery)
                rows += [row | {"usual": usual}, *_stretches(batch, reference, params)]
            else:
                rows.append(row)
    return rows


def _reference(data: Corpus, params: Params, draw: Draw, answers: NDArray[np.float32]) -> Reference:
    train = draw.fold.train
    sources = data.index["recording"].to_numpy(np.str_)[train]
    batch = Batch(folder.chosen(data.features[train]), answers, sources, data.activities)
    facts = {
        "model_sha256": sha256(draw.fitted.path),
        "data_sha256": data.features_sha256,
        "rate_hz": params.preprocess.rate_hz,
        "window": params.preprocess.window,
        "step": params.preprocess.step,
        "filters": params.featurize.model_dump(),
    }
    return references.build(batch, data.subjects[train], facts)


def _written(draw: Draw, rate_hz: float, scratch: Path) -> Iterator[tuple[str, str | None, Path]]:
    """Title, expected finding and folder of what is judged whole, each written when its turn comes."""
    told = {item.name: _told(item, rate_hz) for item in draw.heard}
    yield "as recorded", None, _folder(told, scratch / "sound")
    for number, fault in enumerate(FAULTS):
        faulty = {name: fault.inject(one) for name, one in told.items()}
        yield fault.title, fault.finding, _folder(faulty, scratch / str(number))
    if draw.foreign:
        foreign = {item.name: _told(item, rate_hz) for item in draw.foreign}
        yield "MotionSense: an iPhone in the trouser pocket", "rotation", _folder(foreign, scratch / OTHERS)


def _told(heard: Heard, rate_hz: float) -> Told:
    samples = heard.samples.astype(np.float64)
    return Told(samples, np.arange(len(samples)) / rate_hz, rate_hz)


def _folder(told: dict[str, Told], place: Path) -> Path:
    for name, one in told.items():
        injected.write(one, place / f"{name}.parquet")
    return place


def _usual(batch: Batch, training: NDArray[np.float32], rate: float) -> int:
    """How many features drift by the test that takes windows for independent: what people's habits do to it."""
    from scipy import stats

    columns = zip(batch.features.T, training.T, strict=True)
    p = [stats.ks_2samp(one, other, method="asymp").pvalue for one, other in columns]
    return int((stats.false_discovery_control(p) < rate).sum())


def _stretches(batch: Batch, reference: Reference, params: Params) -> list[dict[str, Any]]:
    """The middle of what was recorded, a few windows in succession."""
    rows = []
    for size in STRETCHES:
        first = max((len(batch) - size) // 2, 0)
        part = batch.only(np.arange(first, min(first + size, len(batch))))
        title = f"as recorded, {size} windows in succession"
        rows.append(_row(title, None, verdict.judge(title, part, reference, params.monitor)))
    return rows


def _row(title: str, expected: str | None, found: Verdict) -> dict[str, Any]:
    return {
        "title": title,
        "expected": expected,
        "alarms": [item.name for item in found.alarms],
        "notices": [item.name for item in found.findings if item.level == "notice"],
        "drifted": int(found.features.drifted.sum()),
    }


def _rows(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The draws of each kind together, in the order in which they came."""
    titles = list(dict.fromkeys(row["title"] for row in results))
    rows = []
    for title in titles:
        mine = [row for row in results if row["title"] == title]
        names = sorted({name for row in mine for name in row["alarms"]})
        rows.append(
            {
                "title": title,
                "expected": mine[0]["expected"],
                "draws": len(mine),
                "alarms": sum(bool(row["alarms"]) for row in mine),
                "named": sum(mine[0]["expected"] in row["alarms"] for row in mine),
                "drifted": float(np.median([row["drifted"] for row in mine])),
                "findings": {name: sum(name in row["alarms"] for row in mine) for name in names},
                "usual": [row["usual"] for row in mine if "usual" in row],
            }
        )
    return rows
