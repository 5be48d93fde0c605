"""MiniRocket's features of the windows and a ridge classifier (Dempster, Schmidt and Webb 2021, KDD).

The kernels sum to zero: they see movements, and gravity only where they reach over the window's ends. To give them
what the networks are given, they look at the raw channels and at the movements on a logarithmic scale.
"""

import io
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from har.errors import HarError
from har.models import rocket
from har.models.archives import settled
from har.models.examples import Examples, Predict, Trained, both, check, class_weights, scores, temperature
from har.models.knobs import FamilyKnobs

HEIGHT: Final = 10.0  # of the targets, so that a softmax of the outputs is about right before its temperature is known


class Knobs(FamilyKnobs):
    """Knobs of the family."""

    features: int = Field(ge=len(rocket.TRIPLES))
    penalty: PositiveFloat
    acceleration_scale: PositiveFloat  # m/s^2
    angular_scale: PositiveFloat  # rad/s


Arrays = dict[str, NDArray[Any]]
"""The model: `scales [2]`, `mean [c]` and `spread [c]` of the channels, the fields of `rocket.Kernels`, and the ridge's
`weights [f, a]` and `bias [a]`."""

inputs: Final = "windows"


def fit(
    train: Examples,
    validation: Examples | None,
    knobs: Knobs,
    activities: tuple[str, ...],
    seed: int,
    threads: int,
) -> Trained:
    """Train on windows `[n, 128, 6]`; every activity counts the same, however many windows it has.

    Raises: HarError if there is but one training subject, since the temperature is fitted on subjects left out.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    check(train, validation, activities)
    found = {}
    with threadpool_limits(threads):
        if validation is not None:
            found = scores(probabilities(learn(train, knobs, len(activities), seed)[0], validation.x), validation.y)
            train = both(train, validation)
        model, heat = learn(train, knobs, len(activities), seed)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **model)
    payload = settled(file.getvalue(), lambda name, text: text)
    return Trained(payload, ".npz", {f"validation_{name}": [value] for name, value in found.items()}, found, heat)


def learn(train: Examples, knobs: Knobs, activities: int, seed: int) -> tuple[Arrays, float]:
    """Return the model and its temperature, which is inside its weights."""
    from scipy.special import softmax

    scales = np.array([knobs.acceleration_scale, knobs.angular_scale], np.float32)
    x = channels(train.x, scales)
    mean, spread = x.mean(axis=(0, 1), dtype=np.float64).astype(np.float32), deviation(x, (0, 1))
    x = (x - mean) / spread
    kernels = rocket.draw(x, knobs.features, seed)
    weights, bias, unseen = ridge(rocket.transform(x, kernels), train, activities, knobs.penalty)
    heat = temperature(softmax(unseen, axis=1), train.y)
    own = {"scales": scales, "mean": mean, "spread": spread, "weights": weights / heat, "bias": bias / heat}
    floats: Arrays = {name: values.astype(np.float32) for name, values in own.items()}
    return floats | vars(kernels), heat


def channels(windows: NDArray[np.floating], scales: NDArray[np.floating]) -> NDArray[np.float32]:
    """Raw windows `[n, t, 6]` to channels `[n, t, 14]`: the raw ones and movements through arcsinh(x / scale).

    scales: of the acceleration less its mean (m/s^2) and of the angular velocity (rad/s), `[2]`. Movements are the
    three axes and the magnitude of either.
    """
    body = windows[..., :3] - windows[..., :3].mean(axis=1, keepdims=True)
    moves = [part / scale for part, scale in zip((body, windows[..., 3:]), scales, strict=True)]
    sizes = [np.linalg.norm(part, axis=2, keepdims=True) for part in moves]
    return np.concatenate([windows, *(np.arcsinh(part) for part in (*moves, *sizes))], axis=2, dtype=np.float32)


def ridge(
    features: NDArray[np.float32], train: Examples, activities: int, penalty: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return weights `[f, a]` and bias `[a]` for the features `[n, f]`, and outputs `[n, a]` for unseen subjects.

    The latter are what a model without the subject of a window makes of it. For a ridge they follow from the one fit:
    with H = Z (Z'Z + penalty I)^-1 Z', leaving out the rows g multiplies their residuals by (I - H_gg)^-1. Only the
    features' means and variances, both brought to 0 and 1 in front, come from all the training subjects.

    Raises: HarError if there is but one subject.
    """
    from scipy.linalg import cho_solve, cholesky, solve_triangular

    groups = [np.flatnonzero(train.subjects == subject) for subject in np.unique(train.subjects)]
    if len(groups) < 2:
        raise HarError(
            "mini_rocket needs windows of two training subjects or more: it calibrates on subjects left out."
        )
    share = class_weights(train.y, activities)[train.y]
    mean, spread = np.average(features, axis=0, weights=share), deviation(features, 0)
    root = np.sqrt(share)[:, None]
    z = (features - mean) / spread * root  # rows by their weight's root: weighted least squares
    targets = root * HEIGHT * (np.eye(activities)[train.y] - 1 / activities)  # their weighted mean is 0
    gram = (z.T @ z).astype(np.float64)
    gram[np.diag_indices_from(gram)] += penalty
    factor = cholesky(gram, lower=True, overwrite_a=True)
    weights: NDArray[np.float64] = cho_solve((factor, True), z.T @ targets)
    unseen = np.empty_like(targets)
    for rows in groups:
        half = solve_triangular(factor, z[rows].T, lower=True)
        wrong = np.linalg.solve(np.eye(len(rows)) - half.T @ half, targets[rows] - z[rows] @ weights)
        unseen[rows] = (targets[rows] - wrong) / root[rows]
    weights /= spread[:, None]  # back to features as they come
    return weights, -(mean @ weights), unseen


def deviation(values: NDArray[np.floating], axis: int | tuple[int, ...]) -> NDArray[np.float32]:
    """Standard deviation over the axis; 1 where it is 0, so that what never changes stays finite."""
    spread = values.std(axis=axis, dtype=np.float64).astype(np.float32)
    return np.where(spread > 0, spread, np.float32(1))


def probabilities(model: Arrays, windows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Probability of each activity `[n, a]` for the windows `[n, 128, 6]`."""
    from scipy.special import softmax

    kernels = rocket.Kernels(*(model[name] for name in rocket.Kernels.__dataclass_fields__))
    x = (channels(windows, model["scales"]) - model["mean"]) / model["spread"]  # all of them 32 bits wide
    logits = rocket.transform(x.astype(np.float32, copy=False), kernels) @ model["weights"] + model["bias"]
    out: NDArray[np.float32] = softmax(logits, axis=1).astype(np.float32)
    return out


def load(path: Path) -> Predict:
    """Load the model; its file holds arrays of numbers and nothing that could run.

    Raises: HarError if the file is missing, damaged or not of this family.
    """
    names = {"scales", "mean", "spread", "weights", "bias", *rocket.Kernels.__dataclass_fields__}
    try:
        with np.load(path, allow_pickle=False) as file:
            model: Arrays = {name: file[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, TypeError, BadZipFile) as error:
        raise HarError(f"{path} cannot be loaded as a MiniRocket model ({error}): train it again.") from error
    return lambda windows: probabilities(model, windows)
