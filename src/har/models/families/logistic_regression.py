"""Multinomial logistic regression on standardised features: the baseline that a network has to beat."""

from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat, PositiveInt

from har.errors import HarError
from har.models.archives import settled_skops
from har.models.examples import Examples, Predict, Trained, both, check, scores
from har.models.knobs import FamilyKnobs

TRUSTED: Final[list[str]] = []  # beyond what skops trusts of itself, the pipeline needs no type


class Knobs(FamilyKnobs):
    """Knobs of the family."""

    inverse_regularisation: PositiveFloat
    max_iterations: PositiveInt


inputs: Final = "features"


def fit(
    train: Examples,
    validation: Examples | None,
    knobs: Knobs,
    activities: tuple[str, ...],
    seed: int,
    threads: int,
) -> Trained:
    """Train on features `[n, f]`; every activity counts the same, however many windows it has."""
    import skops.io
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    check(train, validation, activities)
    regression = LogisticRegression(
        C=knobs.inverse_regularisation, max_iter=knobs.max_iterations, class_weight="balanced", random_state=seed
    )
    pipeline = make_pipeline(StandardScaler(), regression)
    found = {}
    with threadpool_limits(threads):
        pipeline.fit(train.x, train.y)
        if validation is not None:
            found = scores(probabilities(pipeline, validation.x), validation.y)
            everything = both(train, validation)
            pipeline.fit(everything.x, everything.y)
    history = {f"validation_{name}": [value] for name, value in found.items()}
    return Trained(settled_skops(skops.io.dumps(pipeline)), ".skops", history, found)


def probabilities(pipeline: Any, features: NDArray[np.floating]) -> NDArray[np.float32]:
    """Probability of each activity `[n, a]` for the features `[n, f]`."""
    out: NDArray[np.float32] = pipeline.predict_proba(features).astype(np.float32)
    return out


def load(path: Path) -> Predict:
    """Load the pipeline; a file that names any type beyond the trusted ones is refused.

    Raises: HarError if the file is missing, damaged or names other types.
    """
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        pipeline = skops.io.load(path, trusted=TRUSTED)
    except (OSError, ValueError, KeyError, BadZipFile, UntrustedTypesFoundException) as error:
        raise HarError(f"{path} cannot be loaded as a scikit-learn model ({error}): run `dvc repro`.") from error
    return lambda features: probabilities(pipeline, features)
