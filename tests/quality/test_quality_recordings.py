from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from quality_people import RATE_HZ, SIDES, Harm, harmed, relabelled

from har.datasets import catalog
from har.datasets.schema import STANDARD_GRAVITY, Interval, Recording
from har.errors import HarError
from har.params import Params
from har.paths import Paths
from har.quality.published import RECORDINGS, Counts
from har.quality.recordings import Source, check_recordings, tables
from har.quality.report import Report

Samples = NDArray[np.float64]
COUNTS = Counts(recordings=3, subjects=3, samples=6000, intervals=6)


def checked(
    recordings: list[Recording],
    params: Params,
    paths: Paths,
    counts: Counts | None = None,
    sides: dict[str, tuple[int, ...]] = SIDES,
) -> Report:
    return check_recordings([Source("own", recordings, RATE_HZ, sides, counts)], params.validate_, paths)


def refused(recordings: list[Recording], params: Params, paths: Paths, *words: str, **options: object) -> None:
    """The recordings are refused in one line that holds all of `words`."""
    with pytest.raises(HarError) as caught:
        checked(recordings, params, paths, **options)  # type: ignore[arg-type]
    line = str(caught.value)
    assert "\n" not in line
    for word in words:
        assert word in line


def of_hapt(recordings: list[Recording], params: Params, paths: Paths) -> Report:
    sides = {"validation": params.preprocess.validation("hapt"), "test": catalog.get("hapt").test_subjects}
    return checked(recordings, params, paths, RECORDINGS["hapt"], sides)


def test_sound_recordings_pass(people: list[Recording], params: Params, paths: Paths) -> None:
    assert checked(people, params, paths, COUNTS).passed


def test_the_published_recordings_pass(canonical: list[Recording], params: Params, paths: Paths) -> None:
    assert of_hapt(canonical, params, paths).passed


def test_hapt_left_in_g_is_refused(hapt: list[Recording], params: Params, paths: Paths) -> None:
    with pytest.raises(HarError, match=r"1 g.*exp01_user01: still_acceleration is 1\.0.*and 57 more"):
        of_hapt(hapt, params, paths)


@pytest.mark.parametrize("number", [0, 20, 60])
def test_one_recording_of_hapt_in_degrees_is_found(
    canonical: list[Recording], params: Params, paths: Paths, number: int
) -> None:
    degrees = canonical[number].samples * ([1.0] * 3 + [180 / np.pi] * 3)
    wrong = [*canonical[:number], replace(canonical[number], samples=degrees), *canonical[number + 1 :]]
    with pytest.raises(HarError, match=rf"{canonical[number].name}.*(rotation|std|max|min) is"):
        of_hapt(wrong, params, paths)


def in_g(samples: Samples) -> None:
    samples[:, :3] /= STANDARD_GRAVITY


def in_degrees(samples: Samples) -> None:
    samples[:, 3:] *= 180 / np.pi


def swapped(samples: Samples) -> None:
    samples[:] = samples[:, [3, 4, 5, 0, 1, 2]]


def without_gravity(samples: Samples) -> None:
    samples[:, 1] -= STANDARD_GRAVITY


def missing(samples: Samples) -> None:
    samples[700:702, 2] = np.nan


def infinite(samples: Samples) -> None:
    samples[31, 4] = -np.inf


def dropped(samples: Samples) -> None:
    samples[:, 5] = 0.0


def stuck(samples: Samples) -> None:
    samples[1200:1300, 0] = samples[1200, 0]


def spike(samples: Samples) -> None:
    samples[99, 2] = -4096.0


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (in_g, ("1 g", "still_acceleration is 1.00", "m/s^2")),
        (in_degrees, ("not deg/s", "is")),
        (swapped, ("1 g", "still_acceleration is 0.0")),
        (without_gravity, ("1 g", "still_acceleration is 0.0")),
        (missing, ("missing", "column acc_z", "first_bad_sample 700", "missing is 2")),
        (infinite, ("infinite", "column gyro_y", "first_bad_sample 31", "infinite is 1")),
        (dropped, ("stuck", "column gyro_z", "longest_constant_s is 40")),
        (stuck, ("stuck", "column acc_x", "longest_constant_s is 2")),
        (spike, ("+-80 m/s^2", "column acc_z", "min is -4096")),
    ],
)
def test_harmed_samples_are_named(
    people: list[Recording], params: Params, paths: Paths, harm: Harm, words: tuple[str, ...]
) -> None:
    refused(harmed(people, harm), params, paths, "recording person2", *words)


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (Interval("walking", 1960, 2010), ("past the end", "past_the_end is 10")),
        (Interval("walking", 850, 950), ("overlaps an earlier one", "start 850, end 950: overlap is 50")),
        (Interval("dancing", 1960, 1990), ("every label is one of walking", "activity is dancing")),
        (Interval("standing", -5, 5), ("starts before its recording", "start -5, end 5")),
        (Interval("standing", 990, 990), ("ends after it starts", "length is 0")),
    ],
)
def test_wrong_intervals_are_named(
    people: list[Recording], params: Params, paths: Paths, interval: Interval, words: tuple[str, ...]
) -> None:
    refused(relabelled(people, interval), params, paths, "recording person2", *words)


def test_an_interval_inside_a_longer_earlier_one_overlaps_it(
    people: list[Recording], params: Params, paths: Paths
) -> None:
    inner = (Interval("walking", 1100, 1110), Interval("walking", 1200, 1300))
    refused(relabelled(people, *inner), params, paths, "overlap is 10", "overlap is 100")


def test_a_subject_on_two_sides_is_named(people: list[Recording], params: Params, paths: Paths) -> None:
    sides = {"validation": (2, 3), "test": (3,)}
    refused(people, params, paths, "two sides", "subject 3, side test", "subject 3, side validation", sides=sides)


def test_a_test_subject_without_a_recording_is_named(people: list[Recording], params: Params, paths: Paths) -> None:
    refused(people[:2], params, paths, "subject 3, side test: recordings is 0")


def test_a_missing_recording_is_told(people: list[Recording], params: Params, paths: Paths) -> None:
    twice = [*people, replace(people[0], name="person1_again", samples=people[0].samples + 0.001)]
    counts = Counts(recordings=4, subjects=3, samples=8000, intervals=8)
    assert checked(twice, params, paths, counts).passed
    refused(people, params, paths, "there are 4 recordings", "found 3", counts=counts)


def test_a_recording_kept_under_two_names_is_told(people: list[Recording], params: Params, paths: Paths) -> None:
    refused([*people, replace(people[0], name="copy", subject=3)], params, paths, "same samples", "person1", "copy")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate_hz": 100.0}, ("sampled at 50 Hz", "rate_hz is 100")),
        ({"name": "person1"}, ("name of its own", "person1")),
        ({"intervals": ()}, ("has labelled intervals", "intervals is 0")),
        ({"samples": np.ones((6, 5))}, ("acc_x, acc_y, acc_z", "shape is [n, 5]")),
        ({"samples": np.ones((0, 6))}, ("no recording is empty", "samples is 0")),
        ({"samples": np.ones((60, 6), np.float32)}, ("float64", "type is float32")),
    ],
)
def test_other_faults_of_a_recording_are_named(
    people: list[Recording], params: Params, paths: Paths, change: dict[str, object], words: tuple[str, ...]
) -> None:
    refused([people[0], replace(people[1], **change), people[2]], params, paths, *words)  # type: ignore[arg-type]


def test_a_recording_without_still_moments_is_judged_by_its_mean(
    people: list[Recording], params: Params, paths: Paths
) -> None:
    moving = replace(people[1], intervals=people[1].intervals[1:])
    assert checked([people[0], moving, people[2]], params, paths).passed
    in_units_of_g = harmed([people[0], moving, people[2]], in_g)
    refused(in_units_of_g, params, paths, "the mean acceleration", "person2: mean_acceleration is 1.0")


def test_many_rows_at_fault_are_counted(people: list[Recording], params: Params, paths: Paths) -> None:
    broken = []
    for recording in people:
        samples = recording.samples.copy()
        samples[recording.subject, :3] = np.nan
        broken.append(replace(recording, samples=samples))
    refused(broken, params, paths, "person1, column acc_x", "person1, column acc_z", "missing is 1", "and 6 more")


def test_no_recordings_at_all_are_refused(params: Params, paths: Paths) -> None:
    refused([], params, paths, "recordings is 0")


def test_the_tables_do_not_change_the_recordings(people: list[Recording], params: Params) -> None:
    before = [recording.samples.copy() for recording in people]
    tables(Source("own", people, RATE_HZ, SIDES, None), params.validate_)
    for recording, samples in zip(people, before, strict=True):
        np.testing.assert_array_equal(recording.samples, samples)


def elsewhere(people: list[Recording], by: int = 100, prefix: str = "other_") -> Source:
    """The same people as another data set: other numbers, names and, by a hair, samples."""
    moved = [
        replace(one, name=prefix + one.name, subject=one.subject + by, samples=one.samples + 0.001) for one in people
    ]
    sides = {side: tuple(subject + by for subject in subjects) for side, subjects in SIDES.items()}
    return Source("elsewhere", moved, RATE_HZ, sides, COUNTS)


def test_two_data_sets_are_each_held_to_their_own_counts(people: list[Recording], params: Params, paths: Paths) -> None:
    own = Source("own", people, RATE_HZ, SIDES, None)
    assert check_recordings([own, elsewhere(people)], params.validate_, paths).passed
    again = replace(people[0], name="again", subject=101, samples=people[0].samples + 0.002)
    more = replace(elsewhere(people), recordings=[*elsewhere(people).recordings, again])
    with pytest.raises(HarError, match="there are 3 recordings, but found 4"):
        check_recordings([own, more], params.validate_, paths)


@pytest.mark.parametrize(
    ("by", "prefix", "words"),
    [(0, "other_", "kind subject, name 1: data_sets is 2"), (100, "", "kind recording, name person1: data_sets is 2")],
)
def test_a_subject_or_name_of_two_data_sets_is_named(
    people: list[Recording], params: Params, paths: Paths, by: int, prefix: str, words: str
) -> None:
    own = Source("own", people, RATE_HZ, SIDES, None)
    with pytest.raises(HarError, match=f"is also one of another, but {words}"):
        check_recordings([own, elsewhere(people, by, prefix)], params.validate_, paths)
