"""Support vector machine with an RBF kernel on standardised features: the strongest of UCI HAR's own baselines."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from har.errors import HarError
from har.models import skops_files
from har.models.examples import Examples, Predict, Trained, both, check, scores, temperature
from har.models.knobs import FamilyKnobs

TRUSTED: Final[tuple[str, ...]] = ()  # beyond what skops trusts of itself, the pipeline needs no type


class Knobs(FamilyKnobs):
    """Knobs of the family."""

    inverse_regularisation: PositiveFloat
    kernel_scale: PositiveFloat
    calibration_folds: int = Field(ge=2)


inputs: Final = "features"


def fit(
    train: Examples,
    validation: Examples | None,
    knobs: Knobs,
    activities: tuple[str, ...],
    seed: int,
    threads: int,
) -> Trained:
    """Train on features `[n, f]`; every activity counts the same, however many windows it has.

    Margins are no probabilities. Their softmax is, at the temperature that fits windows of subjects whom a machine
    has not seen: the training subjects are dealt into folds for that, so that no validation subject is needed.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    check(train, validation, activities)
    found = {}
    with threadpool_limits(threads):
        if validation is not None:
            twin = {"pipeline": machine(train, knobs), "temperature": calibrated(train, knobs)}
            found = scores(probabilities(twin, validation.x), validation.y)
            train = both(train, validation)
        model = {"pipeline": machine(train, knobs), "temperature": calibrated(train, knobs)}
    history = {f"validation_{name}": [value] for name, value in found.items()}
    return Trained(skops_files.to_bytes(model), ".skops", history, found, model["temperature"])


def machine(train: Examples, knobs: Knobs) -> Any:
    """Return a pipeline trained on the features `[n, f]`; its kernel is exp(-kernel_scale * distance^2 / f)."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    gamma = knobs.kernel_scale / train.x.shape[1]
    svm = SVC(C=knobs.inverse_regularisation, gamma=gamma, class_weight="balanced", cache_size=500)  # MB
    return make_pipeline(StandardScaler(), svm).fit(train.x, train.y)


def calibrated(train: Examples, knobs: Knobs) -> float:
    """Temperature of the margins, on training windows each judged by a machine that has not seen their subject.

    Raises: HarError if the folds leave a machine without an activity.
    """
    from scipy.special import softmax
    from sklearn.model_selection import GroupKFold

    folds = min(knobs.calibration_folds, len(np.unique(train.subjects)))
    if folds < 2:
        raise HarError("rbf_svm needs windows of two training subjects or more: it calibrates on subjects left out.")
    softened = np.zeros((len(train.y), len(np.unique(train.y))))
    for seen, unseen in GroupKFold(folds).split(train.x, groups=train.subjects):
        part = Examples(train.x[seen], train.y[seen], train.subjects[seen])
        if len(np.unique(part.y)) < softened.shape[1]:
            raise HarError("rbf_svm: too few subjects have every activity: lower train.rbf_svm.calibration_folds.")
        softened[unseen] = softmax(margins(machine(part, knobs), train.x[unseen]), axis=1)
    return temperature(softened, train.y)


def margins(pipeline: Any, features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Score of each activity `[n, a]`: scikit-learn's votes of the pairwise machines, ties settled by their margins."""
    out: NDArray[np.float64] = pipeline.decision_function(features)
    return np.stack([-out, out], axis=1) if out.ndim == 1 else out  # two activities have one machine


def probabilities(model: Any, features: NDArray[np.floating]) -> NDArray[np.float32]:
    """Probability of each activity `[n, a]` for the features `[n, f]`."""
    from scipy.special import softmax

    logits = margins(model["pipeline"], features) / model["temperature"]
    out: NDArray[np.float32] = softmax(logits, axis=1).astype(np.float32)
    return out


def load(path: Path) -> Predict:
    """Load the machine; a file that names any type beyond the trusted ones is refused.

    Raises: HarError if the file is missing, damaged or names other types.
    """
    model = skops_files.load_model(path, TRUSTED)
    return lambda features: probabilities(model, features)
