"""What was found, each in one sentence."""

from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["alarm", "notice"]


@dataclass(frozen=True)
class Finding:
    """One deviation from the training.

    name: a short word for programs. level: `alarm` asks for retraining, `notice` does not. sentence: what, and against
    what. advice: what to do. sources: recordings that it is about; empty where it is about all of them. figures: the
    numbers behind it.
    """

    name: str
    level: Level
    sentence: str
    advice: str
    sources: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)


def level(affected: float, least: float) -> Level:
    """`alarm` where the affected share of windows is at least `least`."""
    return "alarm" if affected >= least else "notice"
