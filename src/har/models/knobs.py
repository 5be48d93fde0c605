"""The knobs of a family: its section under `train` in params.yaml."""

from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from har.errors import HarError
from har.params import Section, describe

Seed = Annotated[int, Field(ge=0, lt=2**31)]


class FamilyKnobs(Section):
    """What every family has: the seeds that it is trained with, one model a seed."""

    seeds: tuple[Seed, ...] = Field(min_length=1)


Knobs = TypeVar("Knobs", bound=FamilyKnobs)


def parse(kind: type[Knobs], name: str, raw: dict[str, Any]) -> Knobs:
    """Check the knobs of the family `name`, as params.yaml has them.

    Raises: HarError naming each unknown, missing or bad key as `train.<name>.<key>`.
    """
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise HarError(f"params.yaml: {describe(error, prefix=f'train.{name}.')}.") from error
