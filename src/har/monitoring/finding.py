"""What was found, each in one sentence."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

DRIFT: Final = ("feature_drift", "confidence_drift", "prediction_drift", "rotation")  # every other alarm is a fault
Level = Literal["alarm", "notice"]


@dataclass(frozen=True)
class Finding:
    """One deviation from the training.

    name: a short word for programs. level: `alarm` asks for something to be done, `notice` does not. sentence: what,
    and against what. advice: what to do. sources: recordings that it is about; empty where it is about all of them.
    figures: the numbers behind it.
    """

    name: str
    level: Level
    sentence: str
    advice: str
    sources: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def is_drift(self) -> bool:
        """Whether retraining can answer it; a fault is mended instead."""
        return self.name in DRIFT


def level(affected: float, least: float) -> Level:
    """`alarm` where the affected share of windows is at least `least`."""
    return "alarm" if affected >= least else "notice"
