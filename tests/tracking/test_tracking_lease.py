import json
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import pytest

from har.errors import HarError
from har.tracking import lease, store

MODEL = "har-cnn-lstm"
ELSEWHERE = {"host": "another.machine", "process": 1}


@pytest.fixture
def client(tracking):
    found = tracking.client()
    found.create_registered_model(MODEL)
    return found


def leave(client, note: dict) -> None:
    client.set_registered_model_tag(MODEL, f"{lease.NOTE}other", json.dumps(note))


def notes(client) -> list[str]:
    return [key for key in client.get_registered_model(MODEL).tags if key.startswith(lease.NOTE)]


def test_a_turn_leaves_a_note_and_takes_it_away_whatever_happens(client):
    with suppress(HarError), lease.turn(client, MODEL) as turn:
        assert notes(client) == [turn.key]
        raise HarError("a mistake")
    assert notes(client) == []


def test_somebody_on_another_machine_is_waited_for_with_a_word_and_not_for_ever(client, monkeypatch, capsys):
    leave(client, ELSEWHERE | {"until": time.time() + 60})
    monkeypatch.setattr(lease, "PATIENCE_S", 0.5)
    with pytest.raises(HarError, match=r"process 1 on another\.machine has been deciding"), lease.turn(client, MODEL):
        pytest.fail("two decide at once")
    assert capsys.readouterr().err == (
        "har: waiting for process 1 on another.machine, which decides about har-cnn-lstm\n"
    )
    assert notes(client) == [f"{lease.NOTE}other"]


def test_notes_that_ran_out_or_whose_process_is_gone_are_cleared_away(client):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    here = {**lease._here(), "process": gone.pid}
    for note in (ELSEWHERE | {"until": time.time() - 1}, here | {"until": time.time() + 60}):
        leave(client, note)
        with lease.turn(client, MODEL) as turn:
            assert notes(client) == [turn.key]


@pytest.mark.parametrize("other", [{"boot": "another"}, {"processes": 1}], ids=["machine", "container"])
def test_a_number_of_a_process_means_nothing_on_another_machine_or_in_another_container(client, monkeypatch, other):
    """Both may have this machine's name, and both may have a process of this one's number."""
    leave(client, {**lease._here(), **other, "process": os.getpid(), "until": time.time() + 60})
    monkeypatch.setattr(lease, "PATIENCE_S", 0.5)
    with pytest.raises(HarError, match="has been deciding"), lease.turn(client, MODEL):
        pytest.fail("two decide at once")


@pytest.mark.parametrize("how", ["taken", "ran out"])
def test_who_lost_the_turn_decides_nothing(client, how, monkeypatch):
    if how == "ran out":
        monkeypatch.setattr(lease, "LEASE_S", 0.0)
    with lease.turn(client, MODEL) as turn:
        if how == "taken":
            client.delete_registered_model_tag(MODEL, turn.key)
        with pytest.raises(HarError, match=r"somebody else may decide about har-cnn-lstm by now\. Nothing was"):
            turn.renew("Nothing was decided.")


def _add(root: Path, count: int) -> None:
    """Read a number, wait, and write the next one: what only one at a time can do."""
    client = store.locate(root).client()
    for _ in range(count):
        with lease.turn(client, MODEL):
            number = int(client.get_registered_model(MODEL).tags.get("number", 0))
            time.sleep(0.02)
            client.set_registered_model_tag(MODEL, "number", str(number + 1))


def test_only_one_process_at_a_time_has_the_turn(client, tracking):
    with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as pool:
        list(pool.map(_add, [tracking.root] * 2, [3] * 2))
    assert client.get_registered_model(MODEL).tags["number"] == "6"
