"""A multi-layer perceptron on standardised features, trained in pure Python: `har.models.scratch` (docs/scratch.md)."""

from array import array
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, ValidationError

from har.errors import HarError
from har.files import digest
from har.models.examples import Examples, Predict, Trained, both, check, class_weights, cooled, scores, temperature
from har.models.knobs import FamilyKnobs
from har.models.scratch import files
from har.models.scratch.layers import Input
from har.models.scratch.losses import CrossEntropy
from har.models.scratch.network import Network, perceptron
from har.models.scratch.optimisers import Adagrad, Adam, Optimiser, Sgd
from har.models.scratch.schedules import cosine
from har.models.scratch.training import History, Labelled, Plan, best_epoch
from har.models.scratch.training import train as descend
from har.params import Featurize, Params, Section, describe
from har.signals import features

SUFFIX: Final = ".network.json"  # train writes its own seed_<n>.json beside it


class Knobs(FamilyKnobs):
    """Knobs of the family."""

    hidden: tuple[PositiveInt, ...]
    epochs: PositiveInt
    patience: PositiveInt
    batch: PositiveInt
    optimiser: Literal["adam", "adagrad", "sgd", "momentum", "nesterov"]
    learning_rate: PositiveFloat
    l2: NonNegativeFloat
    dropout: Annotated[float, Field(ge=0, lt=1)]


class Origin(Section):
    """What the features that a network takes were computed with, so that its file can be used on its own.

    rate_hz: Hz. window, step: samples. features: SHA-256 of their names, in order.
    """

    activities: tuple[str, ...] = Field(min_length=1)
    rate_hz: PositiveFloat
    window: PositiveInt
    step: PositiveInt
    featurize: Featurize
    features: str


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

    The twin that does not see the validation subjects says when to stop, and the model is trained on everybody for as
    many epochs of the same schedule. Pure Python has one thread, whatever `threads` allows.
    """
    check(train, validation, activities)
    if validation is None:
        network, history = grow(train, None, knobs, len(activities), seed, knobs.epochs)
        return Trained(_bytes(network, activities), SUFFIX, history, {})
    twin, history = grow(train, validation, knobs, len(activities), seed, knobs.epochs)
    probabilities = answers(twin, validation.x)
    heat = temperature(probabilities, validation.y)
    found = scores(cooled(probabilities, heat), validation.y)
    everybody = both(train, validation)
    network, _ = grow(everybody, None, knobs, len(activities), seed, best_epoch(history))
    cool(network, heat)
    return Trained(_bytes(network, activities), SUFFIX, history, found, heat)


def grow(
    train: Examples, validation: Examples | None, knobs: Knobs, activities: int, seed: int, epochs: int
) -> tuple[Network, History]:
    """Train a network for at most so many epochs; its history has one value an epoch for each metric.

    Raises: HarError for features that are not finite, and where the knobs make the loss grow beyond all numbers.
    """
    from tqdm import tqdm

    examples = labelled(train)
    network = perceptron(
        Input.fitted(examples.rows), knobs.hidden, activities, dropout=knobs.dropout, l2=knobs.l2, seed=seed
    )
    plan = Plan(epochs, knobs.batch, cosine(knobs.learning_rate, knobs.epochs), knobs.patience, seed)
    loss = CrossEntropy(class_weights(train.y, activities).tolist())
    seen = None if validation is None else labelled(validation)
    with tqdm(total=epochs, desc=f"seed {seed}", unit="epoch", disable=None, leave=False, dynamic_ncols=True) as bar:
        try:
            history = descend(network, examples, plan, optimiser(knobs), loss, seen, report=lambda _: bar.update())
        except ValueError as error:
            raise HarError(f"scratch_mlp, seed {seed}: {error}.") from error
    return network, history


def optimiser(knobs: Knobs) -> Optimiser:
    """The optimiser that the knobs name; momentum is 0.9 where there is any."""
    kinds: dict[str, type[Optimiser]] = {"adam": Adam, "adagrad": Adagrad, "sgd": Sgd}
    if knobs.optimiser in kinds:
        return kinds[knobs.optimiser](knobs.learning_rate)
    return Sgd(knobs.learning_rate, momentum=0.9, nesterov=knobs.optimiser == "nesterov")


def labelled(examples: Examples) -> Labelled:
    """Features `[n, f]` and labels as pure Python has them."""
    return Labelled(_rows(examples.x), examples.y.tolist())


def answers(network: Network, x: NDArray[np.floating]) -> NDArray[np.float32]:
    """Probability of each activity `[n, a]` for the features `x [n, f]`."""
    return np.array(network.probabilities(_rows(x)), dtype=np.float32)


def cool(network: Network, heat: float) -> None:
    """Divide the scores by the temperature, once and for all: it goes into the last layer's weights."""
    for row in network.layers[-1].parameters():
        row[:] = [value / heat for value in row]


def stamp(payload: bytes, params: Params) -> bytes:
    """The same network, told how the features that it takes are computed, so that its file can be used on its own."""
    network, about = files.loads(payload.decode())
    origin = Origin(
        activities=about["activities"],
        rate_hz=params.preprocess.rate_hz,
        window=params.preprocess.window,
        step=params.preprocess.step,
        featurize=params.featurize,
        features=fingerprint(),
    )
    return files.dumps(network, origin.model_dump(mode="json")).encode()


def fingerprint() -> str:
    """SHA-256 of the names of the features that this version computes, in order."""
    return digest(list(features.names()))


def load(path: Path) -> Predict:
    """Load the network.

    Raises: HarError if the file is missing or damaged.
    """
    network, _ = _read(path)
    return lambda x: answers(network, x)


def load_alone(path: Path) -> tuple[Network, Origin]:
    """Load the network and how to compute what it takes, from a file that `stamp` has made.

    Raises: HarError if the file is missing or damaged, says too little, or takes features that this version does not
    compute.
    """
    network, about = _read(path)
    try:
        origin = Origin.model_validate(about)
    except ValidationError as error:
        raise HarError(f"{path}: {describe(error, prefix='about.')}; run `dvc repro` to make it again.") from error
    if len(origin.activities) != network.outputs:
        raise HarError(
            f"{path} has {network.outputs} outputs for {len(origin.activities)} activities: run `dvc repro`."
        )
    if origin.features != fingerprint() or len(network.source.mean) != len(features.names()):
        raise HarError(f"{path} takes other features than this version of har computes: run `dvc repro` to train anew.")
    return network, origin


def _read(path: Path) -> tuple[Network, dict[str, Any]]:
    try:
        return files.loads(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise HarError(f"{path} cannot be read as text ({error}): run `dvc repro`.") from error
    except ValueError as error:
        raise HarError(f"{error}: this is no network that can be used; run `dvc repro`.") from error


def _bytes(network: Network, activities: tuple[str, ...]) -> bytes:
    return files.dumps(network, {"activities": list(activities)}).encode()


def _rows(x: NDArray[np.floating]) -> list["array[float]"]:
    """The rows of `x [n, f]` as pure Python has them."""
    return [array("d", row.tobytes()) for row in np.ascontiguousarray(x, dtype=np.float64)]
