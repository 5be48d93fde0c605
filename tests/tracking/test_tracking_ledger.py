import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from har.errors import HarError
from har.tracking import ledger


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "docs" / "promotions.jsonl"
    for version in "123":
        ledger.append(path, {"decision": "promote", "version": version})
    return path


def edit(path: Path, change) -> None:
    path.write_text("".join(change(path.read_text().splitlines(keepends=True))))


def test_entries_are_numbered_dated_and_chained(book):
    entries = ledger.verify(book)
    assert [entry["sequence"] for entry in entries] == [1, 2, 3]
    assert [entry["previous"] for entry in entries] == [ledger.START, entries[0]["hash"], entries[1]["hash"]]
    assert all(entry["time"].endswith("+00:00") for entry in entries)


def test_a_missing_ledger_has_no_entries(tmp_path):
    assert ledger.verify(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: [lines[0].replace('"version": "1"', '"version": "9"'), *lines[1:]], "line 1 was changed"),
        (lambda lines: [lines[0], lines[2]], "line 2 does not follow"),
        (lambda lines: lines[1:], "line 1 does not follow"),
        (lambda lines: [lines[0], lines[2], lines[1]], "line 2 does not follow"),
        (lambda lines: [*lines, lines[2]], "line 4 does not follow"),
        (lambda lines: [lines[0], "<<<<<<< HEAD\n", *lines[1:]], "line 2 is not a JSON object"),
        (lambda lines: [lines[0], "[1]\n", *lines[1:]], "line 2 is not a JSON object"),
        (lambda lines: [lines[0], "{}\n", *lines[1:]], "line 2 was changed"),
    ],
)
def test_whatever_breaks_the_chain_is_named_and_nothing_is_added_to_it(book, change, message):
    edit(book, change)
    before = book.read_bytes()
    with pytest.raises(HarError, match=message):
        ledger.verify(book)
    with pytest.raises(HarError, match=message):
        ledger.append(book, {"decision": "promote"})
    assert book.read_bytes() == before


def test_an_entry_rewritten_with_a_fitting_hash_breaks_the_next_line(book):
    def forge(lines):
        entry = json.loads(lines[0]) | {"version": "9"}
        del entry["hash"]
        return [json.dumps(entry | {"hash": ledger.digest(entry)}) + "\n", *lines[1:]]

    edit(book, forge)
    with pytest.raises(HarError, match="line 2 does not follow"):
        ledger.verify(book)


@pytest.mark.parametrize("torn", [1, 20, -1])
def test_a_torn_last_line_is_no_entry_and_the_next_takes_its_place(book, torn):
    lines = book.read_bytes().splitlines(keepends=True)
    book.write_bytes(b"".join(lines[:2]) + lines[2][:torn])
    assert len(ledger.verify(book)) == 2
    ledger.append(book, {"decision": "reject"})
    assert [entry["decision"] for entry in ledger.verify(book)] == ["promote", "promote", "reject"]


def _append(path: Path, count: int) -> None:
    for number in range(count):
        ledger.append(path, {"number": number})


def test_processes_that_write_at_once_keep_one_chain(tmp_path):
    path = tmp_path / "promotions.jsonl"
    with ProcessPoolExecutor(4, mp_context=get_context("forkserver")) as pool:
        list(pool.map(_append, [path] * 4, [10] * 4))
    assert len(ledger.verify(path)) == 40


def test_a_copy_that_knows_more_brings_the_ledger_up_to_date_and_one_that_knows_less_changes_nothing(book, tmp_path):
    whole = ledger.verify(book)
    behind = tmp_path / "behind.jsonl"
    ledger.extend(behind, whole[:1])
    assert ledger.merge(behind, whole[1:]) == whole
    assert ledger.verify(behind) == whole[:1]
    ledger.extend(behind, whole)
    ledger.extend(behind, whole[:2])
    assert behind.read_bytes() == book.read_bytes()


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (lambda entries, other: [other], "line 1 is another decision than the registry has under that number"),
        (lambda entries, other: entries[2:], "ends before decision 3 of the registry"),
        (lambda entries, other: [entries[1] | {"version": "9"}], "ends before decision 2 of the registry"),
    ],
    ids=["another story", "a gap", "a changed entry"],
)
def test_a_copy_of_another_chain_is_refused_and_nothing_is_added(book, tmp_path, others, message):
    whole = ledger.verify(book)
    mine = tmp_path / "mine.jsonl"
    ledger.extend(mine, whole[:1])
    other = ledger.append(tmp_path / "other.jsonl", {"decision": "reject"})
    before = mine.read_bytes()
    with pytest.raises(HarError, match=message):
        ledger.extend(mine, others(whole, other))
    assert mine.read_bytes() == before


def test_what_cannot_be_published_is_not_written_down(book):
    before = book.read_bytes()

    def refuse(entry):
        raise HarError(f"no server for entry {entry['sequence']}")

    with pytest.raises(HarError, match="no server for entry 4"):
        ledger.append(book, {"decision": "reject"}, refuse)
    assert book.read_bytes() == before
