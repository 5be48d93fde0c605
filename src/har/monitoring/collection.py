"""What the files of a collection say before any window is cut: missing samples, rates, files that cannot be read."""

from collections.abc import Mapping, Sequence

import numpy as np

from har.monitoring.arrivals import Arrival
from har.monitoring.batch import Batch
from har.monitoring.finding import Finding, level
from har.params import Monitor


def find(arrivals: Sequence[Arrival], refused: Mapping[str, str], rate_hz: float, knobs: Monitor) -> list[Finding]:
    """Findings about whole recordings. refused: what is wrong with unreadable files; rate_hz: the training's."""
    return [*_rate(arrivals, rate_hz, knobs), *_missing(arrivals, knobs), *_refused(refused, len(arrivals), knobs)]


def of_log(batch: Batch, knobs: Monitor) -> list[Finding]:
    """Findings about the windows of a log that were left out."""
    return [*_incomplete(len(batch), batch.incomplete, knobs), *_foreign(len(batch), batch.foreign)]


def _incomplete(windows: int, left_out: int, knobs: Monitor) -> list[Finding]:
    share = left_out / (windows + left_out)
    if share <= knobs.max_missing:
        return []
    sentence = f"{left_out} of {windows + left_out} rows of the log ({share:.1%}) lack a value and were left out."
    return [Finding("missing_data", "alarm", sentence, "See why the log has gaps.", figures={"share": share})]


def _foreign(windows: int, left_out: int) -> list[Finding]:
    if not left_out:
        return []
    sentence = f"{left_out} further rows of the log were answered by another model and were left out."
    advice = "Nothing to do where the champion was replaced meanwhile."
    share = left_out / (windows + left_out)
    return [Finding("other_model", "notice", sentence, advice, figures={"share": share})]


def _rate(arrivals: Sequence[Arrival], rate_hz: float, knobs: Monitor) -> list[Finding]:
    slow = [item for item in arrivals if item.rate_hz < knobs.min_rate * rate_hz]
    if not slow:
        return []
    found = float(np.median([item.rate_hz for item in slow]))
    sentence = (
        f"{_some(len(slow), len(arrivals))} sampled at {found:.3g} Hz where the training had {rate_hz:g} Hz: "
        f"nothing faster than {found / 2:.3g} Hz arrives."
    )
    affected = sum(item.samples / item.rate_hz for item in slow) / sum(item.samples / item.rate_hz for item in arrivals)
    return [
        Finding(
            "sampling_rate",
            level(affected, knobs.fault_share),
            sentence,
            f"Record at {rate_hz:g} Hz or more.",
            tuple(item.name for item in slow),
            {"rate_hz": found, "share_of_time": affected},
        )
    ]


def _missing(arrivals: Sequence[Arrival], knobs: Monitor) -> list[Finding]:
    poor = [item for item in arrivals if item.missing > knobs.max_missing]
    if not poor:
        return []
    most = max(poor, key=lambda item: item.missing)
    total = sum(item.missing * item.samples for item in arrivals) / sum(item.samples for item in arrivals)
    gaps = sum(item.gaps for item in poor)
    sentence = (
        f"{_some(len(poor), len(arrivals), 'lack')} samples, {most.missing:.0%} of {most.name}"
        f"{f' and {gaps} times more than half a second' if gaps else ''}: missing, empty or not a number."
    )
    share = sum(item.samples for item in poor) / sum(item.samples for item in arrivals)
    return [
        Finding(
            "missing_data",
            level(share, knobs.fault_share),
            sentence,
            "See why samples get lost on the way.",
            tuple(item.name for item in poor),
            {"missing_share": total, "gaps": gaps, "share_of_samples": share},
        )
    ]


def _refused(refused: Mapping[str, str], others: int, knobs: Monitor) -> list[Finding]:
    if not refused:
        return []
    share = len(refused) / (len(refused) + others)
    name, reason = next(iter(refused.items()))
    return [
        Finding(
            "unreadable",
            level(share, knobs.fault_share),
            f"{len(refused)} of {len(refused) + others} files cannot be read as recordings; {name}: {reason}",
            "Mend or remove them.",
            tuple(refused),
            {"share_of_files": share},
        )
    ]


def _some(part: int, whole: int, verb: str = "are") -> str:
    if whole == 1:
        return {"are": "the recording is", "lack": "the recording lacks"}[verb]
    return f"{'all' if part == whole else f'{part} of'} {whole} recordings {verb}"
