"""Recordings that are as expected, apart from those that are not."""

from collections.abc import Sequence
from dataclasses import replace

from har.datasets.schema import Recording
from har.params import Validate
from har.quality.recordings import SUITE, Source, tables
from har.quality.report import Report, at_fault
from har.quality.suite import validate


def sieve(source: Source, limits: Validate) -> tuple[Sequence[Recording], dict[str, str]]:
    """The recordings of `source` that meet every expectation on recordings, and for each other one why not.

    One recording does not stop the others, unlike in `check_recordings`. A report names a few rows an expectation, so
    that it is asked again until it finds nothing more.
    """
    kept, reasons = source.recordings, dict[str, str]()
    while kept:
        report, _ = validate(SUITE, tables(replace(source, recordings=kept), limits))
        if report.passed:
            break
        found = _reasons(report)
        if not found:
            raise RuntimeError(f"no recording is named by {report.failures[0]}")
        reasons |= found
        kept = [recording for recording in kept if recording.name not in found]
    return kept, reasons


def _reasons(report: Report) -> dict[str, str]:
    """Recordings that a report finds fault with, by name, and the first expectation that each does not meet."""
    reasons: dict[str, str] = {}
    for outcome in report.failures:
        for row in outcome.offending:
            if "recording" in row:
                fault = at_fault(replace(outcome, offending=(row,), offending_count=1))
                reasons.setdefault(str(row["recording"]), f"{outcome.words}, but {fault}.")
    return reasons
