"""The kinds of model: one line each, with its file, imported when asked for; a file may serve several.

A family is a module with `Knobs` (its section of params.yaml), `inputs` (what its examples hold), `fit` and `load`.
"""

from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal, Protocol, cast

from har.errors import HarError
from har.models.examples import Examples, Predict, Trained
from har.models.knobs import FamilyKnobs, parse

FAMILIES: Final = {
    "cnn_lstm": "har.models.families.cnn_lstm",
    "cnn_lstm_any": "har.models.families.cnn_lstm",  # with knobs of its own, for a phone that may sit any way round
    "cnn": "har.models.families.cnn",
    "lstm": "har.models.families.lstm",
    "logistic_regression": "har.models.families.logistic_regression",
    "rbf_svm": "har.models.families.rbf_svm",
    "gradient_boosting": "har.models.families.gradient_boosting",
    "mini_rocket": "har.models.families.mini_rocket",
    "deep_conv_lstm": "har.models.families.deep_conv_lstm",
    "scratch_mlp": "har.models.families.scratch_mlp",
}


class Family(Protocol):
    """What a module of this folder offers."""

    Knobs: type[FamilyKnobs]
    inputs: Literal["windows", "features"]

    def fit(
        self,
        train: Examples,
        validation: Examples | None,
        knobs: Any,
        activities: tuple[str, ...],
        seed: int,
        threads: int,
    ) -> Trained:
        """Train one model on all the examples; the same arguments give the same bytes.

        Where there is `validation`, a twin that is trained without it is scored on it, and its temperature is taken.
        """

    def load(self, path: Path) -> Predict:
        """Open a trained model's file; whoever calls has checked its SHA-256."""


def family(name: str) -> Family:
    """Return the module of the family `name`.

    Raises: HarError for a family that there is not.
    """
    if name not in FAMILIES:
        raise HarError(f"params.yaml: train.families: there is no family {name!r}: choose from {', '.join(FAMILIES)}.")
    return cast(Family, import_module(FAMILIES[name]))


def family_knobs(name: str, raw: dict[str, Any]) -> FamilyKnobs:
    """Check the knobs of the family `name`, as params.yaml has them under `train.<name>`.

    Raises: HarError for a family that there is not, or a key that it does not know.
    """
    return parse(family(name).Knobs, name, raw)
