from dataclasses import replace

import numpy as np
import pytest
from quality_people import RATE_HZ, harmed, person, relabelled

from har.datasets.schema import Interval, Recording
from har.params import Params
from har.quality.recordings import Source
from har.quality.sieve import sieve


def recorded(recordings: list[Recording]) -> Source:
    return Source("phone", recordings, RATE_HZ, sides={}, counts=None, published=False)


def test_what_is_as_expected_is_kept(people: list[Recording], params: Params) -> None:
    assert sieve(recorded(people), params.validate_) == (people, {})
    assert sieve(recorded([]), params.validate_) == ([], {})


def test_a_bad_recording_is_named_with_its_reason_and_the_others_are_kept(
    people: list[Recording], params: Params
) -> None:
    def stuck(samples: np.ndarray) -> None:
        samples[:, 4] = 0.0

    kept, reasons = sieve(recorded(harmed(people, stuck)), params.validate_)
    assert [recording.name for recording in kept] == ["person1", "person3"]
    assert reasons.keys() == {"person2"}
    assert "no angular velocity sensor is stuck" in reasons["person2"]
    assert "recording person2, column gyro_y: longest_constant_s is 40." in reasons["person2"]


def test_an_activity_that_nobody_knows_is_named(people: list[Recording], params: Params) -> None:
    cycling = relabelled(people, Interval("cycling", 1950, 2000))
    kept, reasons = sieve(recorded(cycling), params.validate_)
    assert len(kept) == 2
    assert reasons["person2"].endswith("but recording person2, start 1950, end 2000: activity is cycling.")


def test_more_recordings_are_rejected_than_a_report_names(params: Params) -> None:
    good = person(0)
    bad = [replace(person(at), intervals=()) for at in range(1, 26)]
    kept, reasons = sieve(recorded([good, *bad]), params.validate_)
    assert kept == [good]
    assert len(reasons) == 25


@pytest.mark.parametrize(("name", "rejected"), [("phone", set()), ("hapt", {"person2"})])
def test_a_phone_s_rounded_acceleration_may_stand_still_for_longer(
    people: list[Recording], params: Params, name: str, rejected: set[str]
) -> None:
    def rest(samples: np.ndarray) -> None:
        samples[:900, 0] = 0.1  # 18 s

    source = replace(recorded(harmed(people, rest)), name=name)
    assert sieve(source, params.validate_)[1].keys() == rejected
