from pathlib import Path

import numpy as np
import pytest

from har.errors import HarError
from har.parallel import ItemError, ordered_map


def backwards(item: tuple[int, int]) -> int:
    """Later items take less work, so that they would overtake earlier ones."""
    number, work = item
    np.linalg.eigvals(np.random.default_rng(number).normal(size=(work, work)))
    return number


def draws(seed: int) -> bytes:
    values = np.random.default_rng(seed).normal(size=(200, 200))
    return (values @ values).tobytes()


def fails_first(item: Path) -> str:
    """Fails on the first attempt, and counts its attempts in the file."""
    with item.open("a") as file:
        file.write("x")
    if len(item.read_text()) == 1:
        raise OSError("the first attempt")
    return item.name


def fails_always(item: Path) -> str:
    with item.open("a") as file:
        file.write("x")
    raise OSError("no space left")


def blames_the_item(item: Path) -> str:
    raise ItemError(f"{item.name} cannot be trained")


def refuses(item: Path) -> str:
    with item.open("a") as file:
        file.write("x")
    raise HarError(f"{item.name} is wrong: mend it.")


def good_or_bad(item: Path) -> str:
    return refuses(item) if item.name == "bad" else item.name


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_items(jobs: int) -> None:
    items = [(number, 150 - 20 * number) for number in range(6)]
    assert ordered_map(backwards, items, label="test", jobs=jobs) == list(range(6))


def test_results_do_not_depend_on_the_number_of_processes() -> None:
    assert ordered_map(draws, [3, 1, 2], label="test", jobs=1) == ordered_map(draws, [3, 1, 2], label="test", jobs=2)


def test_nothing_maps_to_nothing() -> None:
    assert ordered_map(draws, [], label="test") == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failed_item_is_tried_once_more(tmp_path: Path, jobs: int) -> None:
    items = [tmp_path / "a", tmp_path / "b"]
    assert ordered_map(fails_first, items, label="test", jobs=jobs) == ["a", "b"]
    assert [item.read_text() for item in items] == ["xx", "xx"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_item_that_fails_again_is_named_with_its_cause(tmp_path: Path, jobs: int) -> None:
    with pytest.raises(RuntimeError, match=r"failed twice on .*bad.*: no space left"):
        ordered_map(fails_always, [tmp_path / "bad"], label="test", jobs=jobs)
    assert (tmp_path / "bad").read_text() == "xx"


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_item_that_is_at_fault_itself_is_told_apart(tmp_path: Path, jobs: int) -> None:
    with pytest.raises(ItemError, match=r"failed twice on .*bad.*: bad cannot be trained"):
        ordered_map(blames_the_item, [tmp_path / "bad"], label="test", jobs=jobs)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_user_s_mistake_is_not_tried_again_and_arrives_as_it_is(tmp_path: Path, jobs: int) -> None:
    with pytest.raises(HarError, match=r"^bad is wrong: mend it\.$"):
        ordered_map(refuses, [tmp_path / "bad"], label="test", jobs=jobs)
    assert (tmp_path / "bad").read_text() == "x"


def test_the_environment_says_how_many_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAR_JOBS", "1")
    assert ordered_map(draws, [1, 2], label="test") == [draws(1), draws(2)]


@pytest.mark.parametrize("value", ["two", "0", "-1", "1.5"])
def test_a_number_of_processes_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HAR_JOBS", value)
    with pytest.raises(HarError, match=rf"HAR_JOBS is '{value}'"):
        ordered_map(draws, [1], label="test")


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_driver_is_told_of_each_result_as_it_comes(jobs: int) -> None:
    items = [(0, 400), (1, 2), (2, 2)]
    told = []
    found = ordered_map(backwards, items, label="test", jobs=jobs, done=lambda *pair: told.append(pair))
    assert found == [0, 1, 2]
    assert sorted(told) == [(item, item[0]) for item in items]


def test_what_was_done_before_a_failure_was_told(tmp_path: Path) -> None:
    items, told = [tmp_path / "good", tmp_path / "bad"], []
    with pytest.raises(HarError, match="bad is wrong"):
        ordered_map(good_or_bad, items, label="test", jobs=1, done=lambda _, name: told.append(name))
    assert told == ["good"]
