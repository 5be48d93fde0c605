import pytest

from har.datasets.schema import BASIC, JOGGING, LABELS, TRANSITION, TRANSITIONS, activity_set, word


@pytest.mark.parametrize(
    ("name", "count"), [("basic", 6), ("transitions", 12), ("one_transition", 7), ("shared", 5), ("joint", 7)]
)
def test_each_set_names_its_activities_once_and_the_basic_ones_first(name: str, count: int) -> None:
    activities = activity_set(name)
    assert len(set(activities)) == len(activities) == count
    assert activities[:5] == BASIC[:5]


def test_transitions_become_one_where_a_set_does_not_tell_them_apart() -> None:
    assert {word(label, activity_set("one_transition")) for label in TRANSITIONS} == {TRANSITION}
    assert word("walking", activity_set("one_transition")) == "walking"
    assert [word(label, activity_set("transitions")) for label in LABELS] == list(LABELS)


def test_what_a_set_leaves_out_keeps_its_name() -> None:
    assert word(TRANSITIONS[0], activity_set("basic")) == TRANSITIONS[0]
    assert word(JOGGING, activity_set("one_transition")) == JOGGING
