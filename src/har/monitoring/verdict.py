"""All findings together: quiet, or a reason to retrain."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from har.monitoring import drift, faults
from har.monitoring.batch import Batch
from har.monitoring.finding import Finding
from har.monitoring.reference import Reference, confidence_change
from har.params import Monitor

RETRAIN: Final = 3  # exit code


@dataclass(frozen=True)
class Verdict:
    """What was judged and what was found, alarms first.

    batch, reference: the two sides. features: what became of each.
    """

    name: str
    batch: Batch
    reference: Reference
    features: drift.Features
    findings: tuple[Finding, ...]

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The findings that ask for retraining."""
        return tuple(item for item in self.findings if item.level == "alarm")

    @property
    def word(self) -> str:
        """`retrain` or `quiet`."""
        return "retrain" if self.alarms else "quiet"

    @property
    def exit_code(self) -> int:
        """3 for `retrain`, 0 for `quiet`."""
        return RETRAIN if self.alarms else 0

    def summary(self) -> str:
        """The verdict as lines for a terminal."""
        sources = len(np.unique(self.batch.sources))
        head = f"{self.word}: {len(self.batch):,} windows of {sources} recording{'' if sources == 1 else 's'}"
        return "\n".join([head, *(f"  {item.level}  {item.name}: {item.sentence}" for item in self.findings)])

    def document(self) -> dict[str, Any]:
        """The verdict as a JSON value, the same for the same windows."""
        batch, reference = self.batch, self.reference
        shares = np.bincount(batch.answers, minlength=len(batch.activities)) / len(batch)
        names = reference.activities
        return {
            "verdict": self.word,
            "exit_code": self.exit_code,
            "judged": {"name": self.name, "windows": len(batch), "sources": len(np.unique(batch.sources))},
            "reference": {
                "windows": reference.windows,
                "people": reference.people,
                "model_sha256": reference.model_sha256,
                "data_sha256": reference.data_sha256,
            },
            "findings": [asdict(item) for item in self.findings],
            "answers": {
                name: {"share": round(float(share), 4), "training": round(float(usual), 4)}
                for name, share, usual in zip(names, shares, reference.mix, strict=True)
            },
            "confidence": {
                "median": round(float(np.median(batch.confidence)), 4),
                "change": round(confidence_change(batch, np.array(reference.confidence)), 4),
            },
            "features": self.features.table(),
        }


def judge(name: str, batch: Batch, reference: Reference, knobs: Monitor, others: Sequence[Finding] = ()) -> Verdict:
    """Hold `batch` against `reference`. others: findings about files, before any window was cut."""
    found, drifts = drift.find(batch, reference, knobs)
    findings = [*others, *faults.find(batch, reference, knobs), *drifts]
    ordered = sorted(findings, key=lambda item: item.level != "alarm")
    return Verdict(name, batch, reference, found, tuple(ordered))
