"""What the server answers about samples, in requests and streams: what the model says without a server."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from live_server import Live, bodies, checkout, message, running
from websockets.exceptions import ConnectionClosed

from har.export.runtime import Runner
from har.live.smoother import Forward, smooth
from har.signals.windows import cut
from phone import canonical_samples, write_csv

SAMPLES = canonical_samples(50.0)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with running(checkout(tmp_path_factory.mktemp("live"))) as server:
        yield server


@pytest.fixture(scope="module")
def expected() -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and beliefs `[n, 6]` of the recording, made without the server."""
    runner = Runner(Path("models/har-web.tflite").resolve())
    probabilities = runner.probabilities(cut(SAMPLES, 128, 32))
    return probabilities, smooth(Forward(0.8, 0.25), probabilities)


def numbers(answers: list[dict], key: str) -> np.ndarray:
    return np.array([list(answer[key].values()) for answer in answers])


def test_a_recording_as_json_or_csv_gets_the_same_answers(live: Live, tmp_path: Path, expected: tuple) -> None:
    as_json = live.post("/v1/recognise", json.dumps({"samples": SAMPLES.tolist(), "rate_hz": 50}), "application/json")
    csv = write_csv(tmp_path / "walk.csv", SAMPLES).read_bytes()
    as_csv = live.post("/v1/recognise", csv, "text/csv; charset=utf-8")
    assert as_json.status_code == as_csv.status_code == 200
    assert as_json.json() == as_csv.json()
    windows = as_json.json()["windows"]
    np.testing.assert_allclose(numbers(windows, "probabilities"), expected[0], atol=1e-6)
    np.testing.assert_allclose(numbers(windows, "smoothed"), expected[1], atol=1e-6)
    assert [answer["unsure"] for answer in windows] == (expected[1].max(axis=1) < 0.6).tolist()
    assert windows[0]["t"] == 127 / 50
    assert as_json.json()["sha256"] == live.get("/model/model.json").json()["sha256"]


def test_one_window_gets_one_answer(live: Live) -> None:
    answer = live.post("/v1/recognise", json.dumps({"samples": SAMPLES[:128].tolist()}), "application/json")
    (window,) = answer.json()["windows"]
    assert window["activity"] == max(window["probabilities"], key=window["probabilities"].get)
    assert window["probability"] == window["probabilities"][window["activity"]]


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (json.dumps({"samples": SAMPLES[:100].tolist()}), "application/json", 422, "record for longer"),
        (json.dumps({"samples": [[1, 2, 3]]}), "application/json", 422, "samples.0"),
        (json.dumps({"samples": (SAMPLES / 9.8).tolist()}), "application/json", 422, "looks like g"),
        ('{"samples": [[1,2,3,4,5,NaN]]}', "application/json", 422, "samples.0.5"),
        ('{"samples": [], "speed": 1}', "application/json", 422, "samples"),
        ("{", "application/json", 422, "JSON"),
        ("[" * 100_000, "application/json", 422, "JSON"),
        ("t,acc_x\n0,1\n", "text/csv", 422, "recording.csv needs the column acc_y"),
        (b"\xff\xfe\x00", "text/csv", 422, "recording.csv cannot be read"),
        ("", "text/csv", 422, "recording.csv"),
        ("samples", "text/plain", 415, "application/json or text/csv"),
        ("samples", "text/csv; charset=latin-1", 415, "UTF-8"),
    ],
)
def test_what_cannot_be_recognised_is_refused_in_one_sentence(
    live: Live, body: str, kind: str, status: int, words: str
) -> None:
    answer = live.post("/v1/recognise", body, kind)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert str(live.folder) not in answer.text
    assert "data/live" not in answer.text
    assert bodies(live.folder) == []


def test_a_stream_in_random_pieces_gets_the_answers_of_the_whole_recording(live: Live, expected: tuple) -> None:
    rng = np.random.default_rng(1)
    answers = []
    with live.stream() as socket:
        start = 0
        while start < len(SAMPLES):
            stop = start + int(rng.integers(1, 30))
            part = SAMPLES[start:stop]
            socket.send(message(5.0 + np.arange(start, start + len(part)) / 50, part))
            start = stop
        for _ in range(len(expected[0]) - 1):  # the last window may wait for two samples beyond it
            answers.append(json.loads(socket.recv(timeout=60)))
    np.testing.assert_allclose(numbers(answers, "probabilities"), expected[0][:-1], atol=1e-6)
    np.testing.assert_allclose(numbers(answers, "smoothed"), expected[1][:-1], atol=1e-6)
    np.testing.assert_allclose([a["t"] for a in answers], 5.0 + (127 + 32 * np.arange(len(answers))) / 50)


def test_a_gap_forgets_what_was_believed(live: Live, expected: tuple) -> None:
    times = np.arange(600) / 50
    with live.stream() as socket:
        socket.send(message(times, SAMPLES[:600]))
        socket.send(message(times + 13, SAMPLES[:600]))
        count = len(cut(SAMPLES[:598], 128, 32))
        answers = [json.loads(socket.recv(timeout=60)) for _ in range(2 * count)]
    first, second = answers[:count], answers[count:]
    assert numbers(first, "smoothed").tolist() == numbers(second, "smoothed").tolist()
    assert second[0]["t"] == pytest.approx(13 + 127 / 50)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("{", "JSON"),
        ("[]", "object"),
        ('{"t": [0]}', "samples: field required"),
        ('{"t": [0, 1], "samples": [[0, 0, 9.8, 0, 0, 0]]}', "2 times"),
        ('{"t": [0], "samples": [[0, 0, 9.8, 0, 0]]}', "samples.0"),
        ('{"t": ["now"], "samples": [[0, 0, 9.8, 0, 0, 0]]}', "t.0"),
        ('{"t": [1, 1], "samples": [[0, 0, 9.8, 0, 0, 0], [0, 0, 9.8, 0, 0, 0]]}', "does not come after"),
        ('{"t": [0], "samples": [[0, 0, 9.8, 0, 0, 1e999]]}', "samples.0.5"),
        (b"\x00\x01", "not bytes"),
    ],
)
def test_a_wrong_message_closes_the_socket_with_the_reason(live: Live, sent: str | bytes, words: str) -> None:
    with live.stream() as socket:
        socket.send(sent)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=60)
    assert closed.value.rcvd.code == 1007
    assert words in closed.value.rcvd.reason


def test_a_message_beyond_the_limit_closes_the_socket(live: Live) -> None:
    with live.stream() as socket:
        socket.send(" " * 100_000)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=60)
    assert closed.value.rcvd.code == 1009


def test_what_was_heard_is_counted(live: Live) -> None:
    before = live.figure("har_samples_total")
    with live.stream() as socket:
        socket.send(message(np.arange(200) / 50, SAMPLES[:200]))
        socket.recv(timeout=60)
        assert live.figure("har_streams") >= 1
        socket.recv(timeout=60)
    assert live.figure("har_samples_total") - before == 200
    assert live.get("/healthz").json()["status"] == "ok"
