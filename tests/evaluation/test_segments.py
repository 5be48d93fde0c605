import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from har.evaluation.segments import edit, events, levenshtein, runs


def frames(text: str) -> np.ndarray:
    """One letter a frame: a is place 0, b is 1, and so on; a dot is no answer."""
    return np.array([-1 if letter == "." else ord(letter) - ord("a") for letter in text], dtype=np.int64)


TRUE_WORDS = ("correct", "deleted", "fragmented", "merged", "fragmented_merged")
NAMED_WORDS = ("correct", "inserted", "fragmenting", "merging", "fragmenting_merging")


@pytest.mark.parametrize(
    ("truth", "named", "of_truth", "of_named"),
    [
        ("aaabbb", "aaabbb", {"correct": 2}, {"correct": 2}),
        ("aaabbb", "aabbbb", {"correct": 2}, {"correct": 2}),  # late is not wrong
        ("aaabbb", "aaaaaa", {"correct": 1, "deleted": 1}, {"correct": 1}),
        ("aaaaaa", "aabbaa", {"fragmented": 1}, {"fragmenting": 2, "inserted": 1}),
        ("aabbaa", "aaaaaa", {"merged": 2, "deleted": 1}, {"merging": 1}),
        ("aaaabbaaaa", "aabaaaaaaa", {"fragmented_merged": 1, "merged": 1, "deleted": 1}, None),
        ("aaaa", "bbbb", {"deleted": 1}, {"inserted": 1}),
        ("aaaa", "....", {"deleted": 1}, {}),
        ("aaaa", "..aa", {"correct": 1}, {"correct": 1}),
        ("", "", {}, {}),
    ],
)
def test_fates_of_segments(truth: str, named: str, of_truth: dict[str, int], of_named: dict[str, int] | None) -> None:
    found = events(frames(truth), frames(named))
    assert found[0] == dict.fromkeys(TRUE_WORDS, 0) | of_truth
    if of_named is not None:
        assert found[1] == dict.fromkeys(NAMED_WORDS, 0) | of_named


def test_an_answer_that_both_breaks_and_joins_is_told_from_one_that_only_joins() -> None:
    assert events(frames("aaaabbaaaa"), frames("aabaaaaaaa"))[1] == {
        "correct": 0,
        "inserted": 1,
        "fragmenting": 1,
        "merging": 0,
        "fragmenting_merging": 1,
    }


letters = st.text("abc.", min_size=1, max_size=40)


@given(letters.map(lambda text: text.replace(".", "a")), letters)
def test_every_segment_has_one_fate(truth: str, named: str) -> None:
    size = min(len(truth), len(named))
    left, right = frames(truth[:size]), frames(named[:size])
    of_truth, of_named = events(left, right)
    assert sum(of_truth.values()) == len(runs(left)[2])
    assert sum(of_named.values()) == int((runs(right)[2] >= 0).sum())
    assert of_truth["correct"] == of_named["correct"]


@pytest.mark.parametrize(
    ("truth", "named", "value"),
    [
        ("aabbcc", "abbbcc", 1.0),
        ("aabbcc", "aaaacc", 1 - 1 / 3),
        ("aaaaaa", "aabbaa", 1 - 2 / 3),
        ("aabb", "bbaa", 0.0),
        ("aabb", "....", 0.0),
        ("", "", 1.0),
    ],
)
def test_edit_looks_at_the_order_alone(truth: str, named: str, value: float) -> None:
    assert edit(frames(truth), frames(named)) == pytest.approx(value)


@pytest.mark.parametrize(
    ("left", "right", "steps"), [("abc", "abc", 0), ("abc", "ac", 1), ("", "abc", 3), ("abcd", "bcda", 2)]
)
def test_levenshtein_counts_the_fewest_steps(left: str, right: str, steps: int) -> None:
    assert levenshtein(frames(left), frames(right)) == steps == levenshtein(frames(right), frames(left))


def test_runs_cover_every_frame_once() -> None:
    first, last, values = runs(frames("aab..a"))
    assert (first.tolist(), last.tolist(), values.tolist()) == ([0, 2, 3, 5], [2, 3, 5, 6], [0, 1, -1, 0])
    assert [part.size for part in runs(frames(""))] == [0, 0, 0]
