import numpy as np
import pytest

from har.datasets.schema import BASIC, Interval, activity_set
from har.evaluation.streaming import NONE, delays, lateness, over_seeds, score, stream

SIT, STAND = BASIC.index("sitting"), BASIC.index("standing")
RISING = (  # 2 s of sitting, 1 s of getting up, 2 s of standing, 1 s without a label, 2 s of walking
    Interval("sitting", 0, 20),
    Interval("sit_to_stand", 20, 30),
    Interval("standing", 30, 50),
    Interval("walking", 60, 80),
)
RATE = 10.0  # frames a second
EACH = range(80)  # an answer a frame
ENDS = range(4, 80, 5)  # an answer every half second


def answered(*changes: tuple[int, str], ends: range = ENDS) -> list[str]:
    """The answer at each of `ends`: each (frame, activity) is what is named from that frame on."""
    return [next(name for frame, name in reversed(changes) if end >= frame) for end in ends]


PERFECT = answered((0, "sitting"), (20, "sit_to_stand"), (30, "standing"), (60, "walking"))


def test_an_answer_holds_from_the_last_frame_it_has_seen_until_the_next() -> None:
    item = stream((Interval("sitting", 0, 10),), 10, ["standing", "sitting"], [3, 7], BASIC)
    assert item.named.tolist() == [NONE] * 3 + [STAND] * 4 + [SIT] * 3


def test_a_later_answer_changes_nothing_before_it() -> None:
    before = stream(RISING, 80, PERFECT, ENDS, BASIC).named
    after = stream(RISING, 80, [*PERFECT[:-1], "laying"], ENDS, BASIC).named
    assert (before[: ENDS[-1]] == after[: ENDS[-1]]).all()
    assert (before[ENDS[-1] :] != after[ENDS[-1] :]).all()


def test_frames_without_a_label_are_run_through_and_never_scored() -> None:
    wild = answered((0, "sitting"), (20, "walking"), (30, "standing"), (50, "laying"), (60, "walking"), ends=EACH)
    calm = answered((0, "sitting"), (30, "standing"), (60, "walking"), ends=EACH)
    found = [score([stream(RISING, 80, names, EACH, BASIC)], BASIC, RATE) for names in (wild, calm)]
    assert found[0]["frames"] == 60
    for key in ("macro_f1", "accuracy", "edit", "truth_segments", "delay"):
        assert found[0][key] == found[1][key]
    assert found[0]["changes_per_minute"] > found[1]["changes_per_minute"] == pytest.approx(2 / (8 / 60))


def test_frames_before_the_first_answer_are_wrong() -> None:
    found = score([stream(RISING[:1], 20, ["sitting"], [14], BASIC)], BASIC, RATE)
    assert found["accuracy"] == pytest.approx(6 / 20)
    assert found["macro_f1"] == pytest.approx(2 * 6 / (20 + 6))
    assert list(found["classes"]) == ["sitting"]


def test_frame_scores_of_a_known_confusion() -> None:
    intervals = (Interval("sitting", 0, 10), Interval("standing", 10, 20))
    names = ["sitting" if frame < 15 else "standing" for frame in range(20)]
    found = score([stream(intervals, 20, names, range(20), BASIC)], BASIC, RATE)
    assert found["accuracy"] == pytest.approx(15 / 20)
    assert found["classes"] == pytest.approx({"sitting": 20 / 25, "standing": 10 / 15})
    assert found["macro_f1"] == pytest.approx((20 / 25 + 10 / 15) / 2)


@pytest.mark.parametrize(("name", "frames"), [("basic", 60), ("one_transition", 70), ("transitions", 70)])
def test_a_transition_counts_as_what_the_set_calls_it(name: str, frames: int) -> None:
    activities = activity_set(name)
    item = stream(RISING, 80, PERFECT, range(0, 80, 5), activities)
    found = score([item], activities, RATE)
    assert found["frames"] == frames
    assert found["edit"] == 1
    named = {"basic": set(), "one_transition": {"transition"}, "transitions": {"sit_to_stand"}}[name]
    assert set(found["classes"]) == {"sitting", "standing", "walking"} | named


def test_a_transition_answered_in_an_activity_is_an_error_of_that_activity_alone() -> None:
    changes = (0, "sitting"), (10, "transition"), (15, "sitting"), (30, "standing"), (60, "walking")
    found = score([stream(RISING, 80, answered(*changes, ends=EACH), EACH, BASIC)], BASIC, RATE)
    assert found["classes"] == pytest.approx({"sitting": 30 / 35, "standing": 1.0, "walking": 1.0})
    assert found["truth_segments"]["fragmented"] == 1
    assert found["answer_segments"]["inserted"] == 0


def test_delay_counts_from_the_label_to_an_answer_that_stays() -> None:
    names = answered((0, "sitting"), (30, "standing"), (35, "sitting"), (45, "standing"), (55, "walking"))
    late = delays(stream(RISING, 80, names, ENDS, BASIC))
    # Standing from 30: the answer at 34 does not stay, the one at 49 does. Walking from 60: named before its label.
    assert late.tolist() == [[19.0, 1.0], [0.0, 0.0]]
    assert lateness(late[:, 0], RATE) == {"changes": 2, "p50_s": 0.95, "p95_s": pytest.approx(1.805), "never": 0.0}


def test_a_change_that_is_named_too_late_or_for_one_answer_only_is_never_recognised() -> None:
    names = answered((0, "sitting"), (40, "standing"), (44, "sitting"), (60, "walking"))
    late = delays(stream(RISING, 80, names, ENDS, BASIC))
    assert np.isnan(late[0, 0])
    assert late[1, 0] == 4
    assert lateness(late[:, 0], RATE)["never"] == 0.5
    assert lateness(late[:1, 0], RATE) == {"changes": 1, "p50_s": None, "p95_s": None, "never": 1.0}


def test_a_gap_between_two_stretches_of_one_activity_is_no_change() -> None:
    again = (Interval("walking", 0, 20), Interval("walking", 40, 60))
    assert len(delays(stream(again, 60, ["walking"], [0], BASIC))) == 0
    found = score([stream(again, 60, ["walking"], [0], BASIC)], BASIC, RATE)
    assert found["truth_segments"]["correct"] == 1
    assert found["delay"] == {"changes": 0, "p50_s": None, "p95_s": None, "never": None}


def test_recordings_do_not_run_into_each_other() -> None:
    one = stream(RISING, 80, PERFECT, ENDS, BASIC)
    two = score([one, one], BASIC, RATE)
    alone = score([one], BASIC, RATE)
    assert two["delay"]["changes"] == 2 * alone["delay"]["changes"] == 4
    assert two["truth_segments"]["correct"] == 2 * alone["truth_segments"]["correct"] == 6
    assert (two["macro_f1"], two["edit"]) == (alone["macro_f1"], alone["edit"])


def test_over_seeds_leaves_out_what_a_seed_has_not() -> None:
    found = over_seeds([{"delay": {"p50_s": None}, "edit": 0.5}, {"delay": {"p50_s": 2.0}, "edit": 0.7}])
    assert found["delay"]["p50_s"] == {"mean": 2.0, "sd": 0.0, "n": 1}
    assert found["edit"] == pytest.approx({"mean": 0.6, "sd": np.sqrt(0.02), "n": 2})
    assert over_seeds([{"p50_s": None}]) == {"p50_s": {"mean": None, "sd": None, "n": 0}}
