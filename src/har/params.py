"""params.yaml as frozen, validated objects: an unknown key or a bad value is an error that names it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from har.errors import HarError

Share = Annotated[float, Field(ge=0, le=1)]
Route = Literal["package", "https", "mirror"]


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError(f"{value} is even: a median needs an odd number of samples")
    return value


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{twice[0]} is there twice: name each data set once")
    return names


class Section(BaseModel):
    """One section of params.yaml: frozen, and no key beyond the declared ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Download(Section):
    """Where recordings come from."""

    routes: tuple[Route, ...] = Field(min_length=1)
    timeout_s: PositiveFloat
    retries: Annotated[int, Field(ge=0)]
    max_megabytes: PositiveFloat


class Validate(Section):
    """Limits of the expectations on recordings, in canonical units."""

    still_gravity: tuple[PositiveFloat, PositiveFloat]
    mean_acceleration: tuple[PositiveFloat, PositiveFloat]
    max_still_rotation: PositiveFloat
    max_acceleration: PositiveFloat
    max_angular_velocity: PositiveFloat
    max_gyro_spread: PositiveFloat
    max_constant_s: PositiveFloat
    max_constant_s_of: Mapping[str, PositiveFloat]

    def of(self, dataset: str) -> Self:
        """The limits for one data set."""
        return self.model_copy(update={"max_constant_s": self.max_constant_s_of.get(dataset, self.max_constant_s)})


class Preprocess(Section):
    """Canonical rate, windows and the split by subject."""

    rate_hz: PositiveFloat
    window: PositiveInt
    step: PositiveInt
    validation_subjects: Mapping[str, Annotated[tuple[int, ...], Field(min_length=1)]]
    test_subjects: Mapping[str, tuple[int, ...]]

    @model_validator(mode="after")
    def _no_gaps(self) -> Self:
        if self.step > self.window:
            raise ValueError(f"step {self.step} is more than the {self.window} samples of a window: give at most that")
        return self

    def validation(self, dataset: str) -> tuple[int, ...]:
        """Validation subjects of one data set."""
        if dataset not in self.validation_subjects:
            raise HarError(
                f"params.yaml: preprocess.validation_subjects.{dataset} is missing: "
                "name the training subjects of that data set that choose and do not fit."
            )
        return self.validation_subjects[dataset]


class Featurize(Section):
    """Filters in front of the features."""

    median_samples: Annotated[int, Field(ge=1), AfterValidator(_odd)]
    noise_cutoff_hz: PositiveFloat
    gravity_cutoff_hz: PositiveFloat


class Evaluate(Section):
    """How scores get their intervals."""

    bootstrap: PositiveInt
    calibration_bins: PositiveInt


class Export(Section):
    """What the chosen TFLite file must keep of the Keras model."""

    form: Literal["float32", "float16", "dynamic_range", "int8"]
    min_agreement: Share
    max_f1_loss: Share
    latency_runs: PositiveInt


class Promote(Section):
    """The gate in front of the registry."""

    model: str
    min_macro_f1: Share
    min_page_macro_f1: Share
    min_class_recall: Share
    min_subject_accuracy: Share
    min_agreement: Share
    max_kilobytes: PositiveFloat
    max_page_kilobytes: PositiveFloat
    max_latency_ms: PositiveFloat
    champion_tolerance: Share
    bootstrap: PositiveInt
    shared_ledger: Path


class Train(Section):
    """Families and, under each family's name, that family's own knobs (checked by the family)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    families: tuple[str, ...] = Field(min_length=1)
    deploy: str
    page: str
    threads: PositiveInt

    @model_validator(mode="after")
    def _exported_are_trained(self) -> Self:
        for name, family in (("deploy", self.deploy), ("page", self.page)):
            if family not in self.families:
                raise ValueError(f"{name} is {family!r}: name one of the families, {', '.join(self.families)}")
        return self

    def family(self, name: str) -> dict[str, Any]:
        """Knobs of one family, as params.yaml has them."""
        knobs = (self.model_extra or {}).get(name)
        if not isinstance(knobs, dict):
            raise HarError(f"params.yaml: train.{name} is missing: add a section with the knobs of that family.")
        return knobs


class Dimension(Section):
    """What a sweep may try for one knob: some choices, or all between two bounds."""

    choices: tuple[Any, ...] = ()
    low: int | float | None = None
    high: int | float | None = None
    step: int | float | None = Field(default=None, gt=0)
    log: bool = False

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.choices:
            for name in ("low", "high", "step", "log"):
                if getattr(self, name):
                    raise ValueError(f"choices and {name} exclude each other")
            return self
        if self.low is None or self.high is None:
            raise ValueError("give it choices, or low and high")
        if not self.low < self.high:
            raise ValueError(f"low {self.low} is not less than high {self.high}")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError("log needs a low above 0 and no step")
        return self


class Sweep(Section):
    """The search for better knobs of the deployed family."""

    trials: PositiveInt
    together: PositiveInt
    startup: Annotated[int, Field(ge=1)]
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    base: dict[str, Any]
    space: dict[str, Dimension] = Field(min_length=1)


class Studies(Section):
    """Cross-validation and what is taken out of the deployed family, one ingredient at a time."""

    fold_seed: Annotated[int, Field(ge=0)]
    folds: Annotated[int, Field(ge=2)]
    seeds: tuple[Annotated[int, Field(ge=0, lt=2**31)], ...] = Field(min_length=1)
    ablation_base: dict[str, Any]
    ablations: dict[str, dict[str, Any]] = Field(min_length=1)
    sweep: Sweep


class Live(Section):
    """Recognition of streams and the limits of the server (the smoother is checked by `har.live.smoother`)."""

    hop: PositiveInt
    smoother: dict[str, str | float]
    unsure_below: Share
    registry_poll_s: PositiveFloat
    max_upload_megabytes: PositiveFloat
    max_message_kilobytes: PositiveFloat
    max_streams: PositiveInt
    uploads_per_minute: PositiveInt
    recognitions_per_minute: PositiveInt
    timeout_s: PositiveFloat
    log_megabytes: PositiveFloat


class Monitor(Section):
    """How far what arrives may be from what was trained on."""

    false_discovery: Annotated[float, Field(gt=0, lt=1)]
    min_psi: Annotated[float, Field(ge=0)]
    min_windows: PositiveInt
    confidence_margin: Share
    mix_shift: Share
    margin: Annotated[float, Field(ge=1)]
    fault_share: Share
    max_missing: Share
    min_rate: Share


class Params(Section):
    """The whole of params.yaml."""

    datasets: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_distinct)]
    activities: Literal["basic", "transitions", "one_transition", "shared", "joint"]
    download: Download
    validate_: Validate = Field(alias="validate")
    preprocess: Preprocess
    featurize: Featurize
    train: Train
    evaluate: Evaluate
    export: Export
    promote: Promote
    studies: Studies
    live: Live
    monitor: Monitor

    @property
    def data_name(self) -> str:
        """All data sets as one name, such as `hapt+motionsense`."""
        return "+".join(self.datasets)


def load(path: Path = Path("params.yaml")) -> Params:
    """Read and check params.yaml; every mistake is a `HarError` that names the key."""
    import yaml

    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise HarError(f"{path} is missing: run har from the root of a checkout.") from error
    except UnicodeDecodeError as error:
        raise HarError(f"{path} is not UTF-8 ({error}): save it as such.") from error
    except yaml.YAMLError as error:
        raise HarError(f"{path} is not valid YAML: {str(error).replace(chr(10), ' ')}") from error
    if not isinstance(raw, dict):
        raise HarError(f"{path} must be a mapping of sections, one a stage.")
    try:
        return Params.model_validate(raw)
    except ValidationError as error:
        raise HarError(f"{path}: {describe(error)}.") from error


def describe(error: ValidationError, prefix: str = "") -> str:
    """All mistakes of a validation in one sentence, each with its dotted key."""
    return "; ".join(
        f"{prefix}{'.'.join(str(part) for part in item['loc'])}: {item['msg'][:1].lower()}{item['msg'][1:]}"
        for item in error.errors()
    )
