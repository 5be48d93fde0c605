"""All findings together: quiet, a reason to retrain, or to mend first."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from har.monitoring import drift, faults
from har.monitoring.batch import Batch
from har.monitoring.finding import Finding
from har.monitoring.reference import Reference, confidence_change
from har.params import Monitor

CODES: Final = {"quiet": 0, "retrain": 3, "mend": 4}  # exit code of each verdict


@dataclass(frozen=True)
class Verdict:
    """What was judged and what was found, alarms first.

    batch, reference: the two sides. features: what became of each. drifted: whether recordings without a fault have
    drifted.
    """

    name: str
    batch: Batch
    reference: Reference
    features: drift.Features
    findings: tuple[Finding, ...]
    drifted: bool

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The findings that ask for something to be done."""
        return tuple(item for item in self.findings if item.level == "alarm")

    @property
    def word(self) -> str:
        """`retrain` where sound recordings have drifted, `mend` where all alarms come from faults, else `quiet`."""
        if self.drifted:
            return "retrain"
        return "mend" if self.alarms else "quiet"

    @property
    def exit_code(self) -> int:
        """3 for `retrain`, 4 for `mend`, 0 for `quiet`."""
        return CODES[self.word]

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
    return Verdict(name, batch, reference, found, tuple(ordered), _drifted(batch, reference, findings, knobs))


def _drifted(batch: Batch, reference: Reference, findings: Sequence[Finding], knobs: Monitor) -> bool:
    """Whether the windows of recordings without a fault have drifted; a fault shows as drift as well."""
    faulty = [source for item in findings if item.level == "alarm" and not item.is_drift for source in item.sources]
    if faulty:
        sound = batch.only(~np.isin(batch.sources, faulty))
        if not len(sound):
            return False
        findings = [*faults.find(sound, reference, knobs), *drift.find(sound, reference, knobs)[1]]
    return any(item.level == "alarm" and item.is_drift for item in findings)
