from dataclasses import replace

from har.datasets.schema import Interval, Recording, activity_set
from har.params import Params
from har.quality.rejects import OTHER, REMAINDER, SHORT, UNLABELLED, as_csv, rejects
from har.signals.windows import starts


def test_every_sample_is_in_a_window_or_among_the_rejects(canonical: list[Recording], params: Params) -> None:
    window, step = params.preprocess.window, params.preprocess.step
    for recording in canonical:
        covered = 0
        for item in recording.intervals:
            count = len(starts(item.end - item.start, window, step))
            covered += window + (count - 1) * step if count else 0
        left_out = sum(row[5] for row in rejects([recording], params.preprocess))
        assert covered + left_out == len(recording.samples)


def test_short_intervals_are_listed_one_by_one(people: list[Recording], params: Params) -> None:
    short = replace(people[0], intervals=(Interval("stand_to_sit", 100, 174), Interval("sitting", 174, 1174)))
    assert rejects([short], params.preprocess) == [
        ("person1", 1, "", "", "", 926, UNLABELLED),
        ("person1", 1, "", "", "", 40, REMAINDER),
        ("person1", 1, "stand_to_sit", 100, 174, 74, SHORT),
    ]


def test_activities_that_are_not_chosen_are_told_of(people: list[Recording], params: Params) -> None:
    one = replace(people[0], intervals=(Interval("stand_to_sit", 100, 300), Interval("sitting", 300, 1324)))
    assert rejects([one], params.preprocess, ["sitting"]) == [
        ("person1", 1, "", "", "", 776, UNLABELLED),
        ("person1", 1, "", "", "", 200, OTHER),
    ]


def test_transitions_that_are_one_activity_are_not_left_out(people: list[Recording], params: Params) -> None:
    one = replace(people[0], intervals=(Interval("stand_to_sit", 0, 256), Interval("sitting", 256, 2000)))
    reasons = {row[-1] for row in rejects([one], params.preprocess, activity_set("one_transition"))}
    assert OTHER not in reasons


def test_the_window_is_counted_in_samples_of_the_source(people: list[Recording], params: Params) -> None:
    fast = replace(people[0], rate_hz=100.0, intervals=(Interval("walking", 0, 255), Interval("sitting", 255, 2000)))
    assert ("person1", 1, "walking", 0, 255, 255, SHORT) in rejects([fast], params.preprocess)


def test_csv_has_a_header_and_a_line_a_row(people: list[Recording], params: Params) -> None:
    lines = as_csv(rejects(people, params.preprocess)).splitlines()
    assert lines[0] == "recording,subject,activity,start,end,samples,reason"
    assert lines[1] == "person1,1,,,,210,no label"
