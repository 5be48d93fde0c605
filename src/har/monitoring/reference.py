"""The training windows, condensed into one small file: monitoring needs neither data nor TensorFlow."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from har.errors import HarError
from har.files import read_json, write_json
from har.monitoring import distance, motion, watched
from har.monitoring.batch import Batch
from har.monitoring.people import Spread, spread
from har.params import describe

FEWEST: Final = 5  # people, without whom nobody knows how much people differ
Numbers = list[Annotated[float, Field(allow_inf_nan=False)]]


class Reference(BaseModel):
    """What the windows of the training people were like.

    model_sha256: of the model whose answers they got. data_sha256: of windows and features. rate_hz: Hz. window,
    step: samples. filters: in front of the features, as `har.signals.features.extract` takes them. edges:
    `[f, bins - 1]`. counts: windows `[a, f, bins]` by answered activity. sizes, log_ks_mean, log_ks_sd: see
    `har.monitoring.people.Spread`. confidence: median by answered activity `[a]`; confidence_sd: of people's
    differences from it. turning, gravity, up, pace: as `motion` has them, each mean with the farthest that a person
    was from all others (`most_`): lg, m/s^2, degrees.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_sha256: str
    data_sha256: str
    activities: tuple[str, ...]
    features: tuple[str, ...]
    rate_hz: float
    window: int
    step: int
    filters: dict[str, float]
    people: int
    windows: int
    edges: list[Numbers]
    counts: list[list[list[int]]]
    sizes: tuple[int, ...]
    log_ks_mean: list[Numbers]
    log_ks_sd: list[Numbers]
    confidence: Numbers
    confidence_sd: float
    turning: float
    most_turning: float
    gravity: float
    most_gravity: float
    up: Numbers
    most_degrees: float
    pace: tuple[float, float]

    @property
    def mix(self) -> NDArray[np.float64]:
        """Share of each answered activity, `[a]`."""
        windows = np.array(self.counts, np.float64)[:, 0].sum(axis=1)
        return np.asarray(windows / windows.sum())

    @property
    def people_differ(self) -> Spread:
        """How much people differ, by feature."""
        return Spread(self.sizes, np.array(self.log_ks_mean), np.array(self.log_ks_sd), self.people)


def build(batch: Batch, subjects: NDArray[np.int64], about: dict[str, Any]) -> Reference:
    """The reference of the training windows `batch`, in the order of time, of `subjects [n]`.

    about: the fields that no window tells (hashes, rate, filters). Raises: HarError for fewer than five people, or
    people who hardly move.
    """
    names = np.unique(subjects)
    if len(names) < FEWEST:
        raise HarError(f"the training windows are of {len(names)} people: how much people differ needs {FEWEST}.")
    cuts = distance.edges(batch.features)
    binned = distance.bins(batch.features, cuts)
    found = spread(binned, batch.answers, subjects, len(batch.activities))
    persons = [batch.only(subjects == name) for name in names]
    medians = expected_confidence(batch)
    return Reference(
        **about,
        activities=batch.activities,
        features=watched.names(),
        people=len(names),
        windows=len(batch),
        edges=cuts.tolist(),
        counts=distance.counts(binned, batch.answers, len(batch.activities)).astype(int).tolist(),
        sizes=found.sizes,
        log_ks_mean=_short(found.mean),
        log_ks_sd=_short(found.sd),
        confidence=_short(medians),
        confidence_sd=float(np.std([confidence_change(person, medians) for person in persons], ddof=1)),
        pace=_pace(persons),
        **_middle("turning", motion.turning, persons),
        **_middle("gravity", motion.gravity, persons),
        **_direction(persons),
    )


def expected_confidence(batch: Batch) -> NDArray[np.float64]:
    """Median confidence by answered activity `[a]`; that of all windows for one that is never answered."""
    overall = float(np.median(batch.confidence))
    groups = [batch.confidence[batch.answers == i] for i in range(len(batch.activities))]
    return np.array([float(np.median(group)) if len(group) else overall for group in groups])


def confidence_change(batch: Batch, expected: NDArray[np.float64]) -> float:
    """Median of each window's confidence less what is expected `[a]` of its answer.

    A median, since recordings hold moments between activities, which no training window has.
    """
    return float(np.median(batch.confidence - expected[batch.answers]))


def write(reference: Reference, path: Path) -> None:
    """Write the reference as JSON, with the same bytes each time."""
    write_json(path, reference.model_dump(mode="json"))


def read(path: Path) -> Reference:
    """Read what `write` wrote. Raises: HarError for a file that is missing, damaged, or of other features."""
    try:
        found = Reference.model_validate(read_json(path))
    except ValidationError as error:
        raise HarError(f"{path}: {describe(error)[:200]}: make it again with `har monitor --reference`.") from error
    if found.features != watched.names():
        raise HarError(f"{path} is about other features than this version watches: `har monitor --reference`.")
    return found


def _middle(name: str, of: Callable[[Batch], float], persons: list[Batch]) -> dict[str, Any]:
    """The mean of a figure over persons, and how far one was from the mean of the others at most."""
    values = np.array([of(person) for person in persons])
    others = (values.sum() - values) / (len(values) - 1)
    return {name: float(values.mean()), f"most_{name}": float(np.abs(values - others).max())}


def _direction(persons: list[Batch]) -> dict[str, Any]:
    found = [vector for vector in map(motion.up, persons) if vector is not None]
    if len(found) < FEWEST:
        raise HarError(f"{len(found)} of the training people walk: how a phone sits needs {FEWEST} who do.")
    total: NDArray[np.float64] = np.sum(found, axis=0)
    apart = [motion.degrees(vector, _unit(total - vector)) for vector in found]
    return {"up": _unit(total).tolist(), "most_degrees": max(apart)}


def _pace(persons: list[Batch]) -> tuple[float, float]:
    found = np.array([pair for pair in map(motion.pace, persons) if pair is not None])
    if len(found) < FEWEST:
        raise HarError(f"{len(found)} of the training people walk: how fast people step needs {FEWEST} who do.")
    hz, strength = np.median(found, axis=0)
    return float(hz), float(strength)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))


def _short(values: NDArray[np.float64]) -> Any:
    """Nested lists of numbers to five decimals: more would tell nothing."""
    return np.round(values, 5).tolist()
