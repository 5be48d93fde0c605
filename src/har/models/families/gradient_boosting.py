"""Gradient-boosted trees on the features, with their values sorted into bins (Ke et al. 2017, LightGBM)."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat, PositiveInt

from har.models import skops_files
from har.models.examples import Examples, Predict, Trained, both, check, scores
from har.models.knobs import FamilyKnobs

TRUSTED: Final = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)  # arrays of one tree's nodes


class Knobs(FamilyKnobs):
    """Knobs of the family."""

    iterations: PositiveInt
    learning_rate: PositiveFloat
    leaves: int = Field(ge=2)
    bins: int = Field(ge=2, le=255)
    feature_share: float = Field(gt=0, le=1)


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
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    check(train, validation, activities)
    found = {}
    with threadpool_limits(threads):
        if validation is not None:
            found = scores(probabilities(trees(train, knobs, seed), validation.x), validation.y)
            train = both(train, validation)
        model = trees(train, knobs, seed)
    history = {f"validation_{name}": [value] for name, value in found.items()}
    return Trained(skops_files.to_bytes(model), ".skops", history, found)


def trees(train: Examples, knobs: Knobs, seed: int) -> Any:
    """Train one tree an activity and iteration; each split looks at a random share of the features."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=knobs.iterations,
        learning_rate=knobs.learning_rate,
        max_leaf_nodes=knobs.leaves,
        max_bins=knobs.bins,
        max_features=knobs.feature_share,
        early_stopping=False,  # it would hold out windows at random, of the same subjects
        class_weight="balanced",
        random_state=seed,
    ).fit(train.x, train.y)


def probabilities(model: Any, features: NDArray[np.floating]) -> NDArray[np.float32]:
    """Probability of each activity `[n, a]` for the features `[n, f]`."""
    out: NDArray[np.float32] = model.predict_proba(features).astype(np.float32)
    return out


def load(path: Path) -> Predict:
    """Load the trees; a file that names any type beyond the trusted ones is refused.

    Raises: HarError if the file is missing, damaged or names other types.
    """
    model = skops_files.load_model(path, TRUSTED)
    return lambda features: probabilities(model, features)
