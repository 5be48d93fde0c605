"""Models trained for studies: each once, kept under what it follows from, and shared by all studies."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from har.errors import HarError
from har.export import cost
from har.files import digest, read_json, replacing, sha256, write_json
from har.models import keras_files, runtime
from har.models.examples import Trained
from har.models.families import FAMILIES, family_knobs
from har.models.families import family as find
from har.parallel import ItemError, ordered_map
from har.params import Params
from har.paths import Paths
from har.studies.corpus import Corpus
from har.studies.sources import code_sha256
from har.tracking.lock import exclusive

WITHIN: Final = ("har.models",)  # packages whose code decides a model's bits


@dataclass(frozen=True, eq=False)
class Fit:
    """One model to train: what it follows from.

    raw: knobs as in params.yaml under `train.<family>`; `seeds` among them is of no matter.
    train, validation: rows of the corpus. validation None: nothing is chosen and no temperature is fitted.
    """

    family: str
    raw: Mapping[str, Any]
    seed: int
    train: NDArray[np.int64]
    validation: NDArray[np.int64] | None = None

    def __repr__(self) -> str:
        return f"{self.family} seed {self.seed} on {len(self.train):,} windows"

    @property
    def knobs(self) -> dict[str, Any]:
        """The knobs but for the seeds, checked, as JSON values."""
        return checked(self.family, self.raw)


@dataclass(frozen=True)
class Fitted:
    """One trained model.

    path: its file. record: `history`, `validation`, `temperature`, `seconds` (of training, in its process), and what
    it follows from.
    """

    path: Path
    record: dict[str, Any]


def checked(family: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The knobs of a family but for its seeds, as JSON values.

    Raises: HarError for an unknown family or key, or a bad value.
    """
    return family_knobs(family, {**raw, "seeds": [0]}).model_dump(mode="json", exclude={"seeds"})


def train(fits: Sequence[Fit], corpus: Corpus, params: Params, paths: Paths, label: str) -> list[Fitted]:
    """Train in parallel processes what is not there yet, and return all models in the order of `fits`.

    Each is written to `data/studies/fits/<key>/` as soon as it is trained, so that a killed study loses only what was
    being trained. Raises: HarError for an unknown family or knob, or examples that nothing can be learned from;
    ItemError where a family's training fails twice by itself, and not for want of disk, memory or the like.
    """
    keys = [_key(fit, corpus, params) for fit in fits]
    folder = paths.root / "data" / "studies" / "fits"
    missing = {key: fit for key, fit in zip(keys, fits, strict=True) if _open(folder / key) is None}
    if missing:
        names = {id(fit): key for key, fit in missing.items()}
        ordered_map(
            partial(_fit, corpus, params.train.threads),
            list(missing.values()),
            label=label,
            done=lambda fit, result: _write(folder / names[id(fit)], fit, corpus, params, *result),
        )
    return [_opened(folder / key) for key in keys]


def predict(fitted: Fitted, family: str, x: NDArray[np.floating]) -> NDArray[np.float32]:
    """Probability of each activity `[n, a]` for windows `[n, 128, 6]` or features `[n, f]`, whichever it takes.

    Raises: HarError if this process has used TensorFlow with another number of threads than trained the model.
    """
    if fitted.path.suffix == ".keras":
        runtime.prepare(0, fitted.record["threads"])  # another number of threads could give other bits
    return find(family).load(fitted.path)(x)


def predict_rows(
    fitted: Sequence[Fitted], fits: Sequence[Fit], rows: Sequence[NDArray[np.int64]], corpus: Corpus, label: str
) -> list[NDArray[np.float32]]:
    """Probabilities `[m, a]` by each model for its own `rows` `[m]` of the corpus, in parallel processes."""
    items = [_Question(one, fit.family, own) for one, fit, own in zip(fitted, fits, rows, strict=True)]
    return ordered_map(partial(_answer, corpus), items, label=label)


@dataclass(frozen=True)
class Size:
    """weights: how many are trained. operations: floating-point operations that one window costs."""

    weights: int
    operations: int


def sizes(fitted: Sequence[Fitted], label: str) -> list[Size | None]:
    """The size of each model; None for a model that is no network."""
    return ordered_map(_size, [one.path for one in fitted], label=label)


def _size(path: Path) -> Size | None:
    if path.suffix != ".keras":
        return None
    model = keras_files.load_model(path)
    return Size(cost.weights(model), cost.operations(model))


@dataclass(frozen=True, eq=False)
class _Question:
    fitted: Fitted
    family: str
    rows: NDArray[np.int64]

    def __repr__(self) -> str:
        return str(self.fitted.path)


def _answer(corpus: Corpus, question: _Question) -> NDArray[np.float32]:
    return predict(question.fitted, question.family, corpus.x(find(question.family).inputs)[question.rows])


def _fit(corpus: Corpus, threads: int, fit: Fit) -> tuple[Trained, float]:
    """Train in a worker; also the seconds that it took."""
    module = find(fit.family)
    started = time.perf_counter()
    validation = None if fit.validation is None else corpus.examples(fit.validation, module.inputs)
    knobs = family_knobs(fit.family, {**fit.raw, "seeds": [fit.seed]})
    examples = corpus.examples(fit.train, module.inputs)
    try:
        trained = module.fit(examples, validation, knobs, corpus.activities, fit.seed, threads)
    except Exception as error:
        if _by_itself(error):
            raise ItemError(str(error)) from error
        raise
    return trained, time.perf_counter() - started


def _by_itself(error: Exception) -> bool:
    """Whether training failed by what was trained, and not by the machine or a mistake in the input."""
    if isinstance(error, HarError):  # made of a ValueError where the loss grows beyond all numbers
        return isinstance(error.__cause__, ValueError)
    return not isinstance(error, OSError | MemoryError | ImportError)


def _key(fit: Fit, corpus: Corpus, params: Params) -> str:
    """What the model follows from, as a hash: the same key is the same model."""
    kind = find(fit.family).inputs
    return digest(
        {
            "family": fit.family,
            "knobs": fit.knobs,
            "seed": fit.seed,
            "activities": corpus.activities,
            "threads": params.train.threads,
            "data": corpus.content(kind),
            "train": _rows_sha256(fit.train),
            "validation": None if fit.validation is None else _rows_sha256(fit.validation),
            "code": code_sha256([FAMILIES[fit.family]], WITHIN),
        }
    )[:32]


def _rows_sha256(rows: NDArray[np.int64]) -> str:
    return hashlib.sha256(np.ascontiguousarray(rows, "<i8").tobytes()).hexdigest()


def _write(folder: Path, fit: Fit, corpus: Corpus, params: Params, model: Trained, seconds: float) -> None:
    """Write one model's folder, unless another study was faster."""
    with exclusive(folder.parent / ".lock"):
        if _open(folder) is not None:
            return
        with replacing(folder) as temporary:
            temporary.mkdir()
            file = temporary / f"model{model.suffix}"
            file.write_bytes(model.payload)
            record = {
                "family": fit.family,
                "knobs": fit.knobs,
                "seed": fit.seed,
                "activities": list(corpus.activities),
                "threads": params.train.threads,
                "data": corpus.content(find(fit.family).inputs),
                "windows": len(fit.train) + (0 if fit.validation is None else len(fit.validation)),
                "history": model.history,
                "validation": model.validation,
                "temperature": model.temperature,
                "seconds": seconds,
                "file": file.name,
                "sha256": sha256(file),
            }
            write_json(temporary / "record.json", record)


def _open(folder: Path) -> Fitted | None:
    """The model in `folder`; None where there is none or its file is not the one that was written."""
    if not (folder / "record.json").is_file():
        return None
    record = read_json(folder / "record.json")
    path = folder / record["file"]
    return Fitted(path, record) if path.is_file() and sha256(path) == record["sha256"] else None


def _opened(folder: Path) -> Fitted:
    found = _open(folder)
    if found is None:
        raise RuntimeError(f"{folder} was lost while the study ran")
    return found
