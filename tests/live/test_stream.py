from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from har.errors import HarError
from har.live.stream import Resampler, Stream
from har.signals.resample import resample
from har.signals.windows import cut
from phone import canonical_samples

Floats = NDArray[np.float64]
RAMP_S = 0.2  # s that the low-pass needs on both sides


def pieces(rng: np.random.Generator, length: int, most: int) -> list[slice]:
    """A recording in random chunks of 1 to `most` samples."""
    edges = [0]
    while edges[-1] < length:
        edges.append(edges[-1] + int(rng.integers(1, most + 1)))
    return [slice(start, end) for start, end in pairwise(edges)]


def jittered(rng: np.random.Generator, rate_hz: float, seconds: float) -> tuple[Floats, Floats]:
    """A person's 30 s at `rate_hz`, taken at irregular times."""
    count = int(rate_hz * seconds)
    times = np.cumsum(rng.uniform(0.5, 1.5, count)) / rate_hz
    even = canonical_samples(rate_hz)[:count]
    return times - times[0], even + rng.normal(0, 0.3, even.shape)


@pytest.mark.parametrize("rate_hz", [25, 50, 60, 100, 200])
def test_streaming_resamples_as_a_whole_recording_is(rate_hz: float) -> None:
    rng = np.random.default_rng(int(rate_hz))
    times, samples = jittered(rng, rate_hz, 20)
    offline = resample(times, samples, 50.0)
    source_hz = 1 / float(np.median(np.diff(times)))
    resampler = Resampler(50.0, source_hz)
    streamed = np.concatenate([resampler.push(times[part], samples[part]) for part in pieces(rng, len(times), 40)])
    ramp = int(RAMP_S * 50) if rate_hz > 55 else 0
    assert len(offline) - len(streamed) <= ramp + 3 * max(50 / rate_hz, 1) + 1  # the delay, and no more
    np.testing.assert_allclose(streamed[ramp:], offline[ramp : len(streamed)], rtol=0, atol=1e-9)


@pytest.mark.parametrize("rate_hz", [50, 100])
def test_the_cut_into_messages_changes_nothing(rate_hz: float) -> None:
    rng = np.random.default_rng(3)
    times, samples = jittered(rng, rate_hz, 15)
    whole = Resampler(50.0).push(times, samples)
    resampler = Resampler(50.0)
    parts = [resampler.push(times[part], samples[part]) for part in pieces(rng, len(times), 7)]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=0, atol=1e-9)


def test_a_recording_at_the_model_s_rate_gives_the_windows_of_cut() -> None:
    rng = np.random.default_rng(4)
    samples = canonical_samples(50.0)
    times = 1000.0 + np.arange(len(samples)) / 50.0  # any origin
    stream = Stream(50.0, 128, 32)
    heard = [h for part in pieces(rng, len(samples), 25) for h in stream.push(times[part], samples[part])]
    windows = cut(samples, 128, 32)
    assert len(heard) in (len(windows), len(windows) - 1)  # the last may wait for two more samples
    np.testing.assert_allclose([h.window for h in heard], windows[: len(heard)], rtol=0, atol=1e-9)
    np.testing.assert_allclose([h.time for h in heard], 1000.0 + (127 + 32 * np.arange(len(heard))) / 50.0)
    assert [h.first for h in heard] == [True] + [False] * (len(heard) - 1)


@pytest.mark.parametrize("within_a_message", [True, False])
def test_after_a_gap_everything_begins_anew(within_a_message: bool) -> None:
    samples = canonical_samples(50.0)[:800]
    times = np.arange(800) / 50.0
    times[400:] += 0.6  # s, more than half a second
    stream = Stream(50.0, 128, 32)
    parts = [slice(0, 395), slice(395, 800)] if within_a_message else [slice(0, 400), slice(400, 800)]
    heard = [h for part in parts for h in stream.push(times[part], samples[part])]
    before = [h for h in heard if h.time < times[400]]
    after = [h for h in heard if h.time > times[400]]
    assert before
    assert [h.first for h in after] == [True] + [False] * (len(after) - 1)
    np.testing.assert_allclose([h.window for h in after], cut(samples[400:], 128, 32)[: len(after)], atol=1e-9)


def test_a_shorter_pause_is_bridged() -> None:
    samples = canonical_samples(50.0)[:800]
    times = np.arange(800) / 50.0
    keep = np.ones(800, bool)
    keep[400:420] = False  # 0.42 s from the sample before to the one after
    heard = Stream(50.0, 128, 32).push(times[keep], samples[keep])
    assert sum(h.first for h in heard) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t, x: (t[::-1], x), "does not come after"),
        (lambda t, x: (np.repeat(t[::2], 2), x), "does not come after"),
        (lambda t, x: (t, np.where(np.arange(len(x))[:, None] == 7, np.nan, x)), "finite"),
        (lambda t, x: (t * 1000, x), "steps of 20 s"),  # ms for s
        (lambda t, x: (t / 10, x), "500 Hz"),
        (lambda t, x: (t * 5, x), "10 Hz"),
        (lambda t, x: (t, x / 9.80665), "with gravity"),
    ],
)
def test_what_cannot_be_right_is_refused_with_a_reason(change: object, words: str) -> None:
    times, samples = change(np.arange(1000) / 50.0, canonical_samples(50.0)[:1000])
    stream = Stream(50.0, 128, 32)
    with pytest.raises(HarError, match=words):
        stream.push(times, samples)


def test_steps_too_small_to_get_anywhere_are_not_kept_for_ever() -> None:
    samples = canonical_samples(50.0)[:100]
    stream = Stream(50.0, 128, 32)
    for number in range(8):
        stream.push(1e-9 * (number * 100 + np.arange(100)), samples)
    with pytest.raises(HarError, match=r"900 samples into .* s: send 20 to 200 Hz"):
        stream.push(1e-9 * (800 + np.arange(100)), samples)


def test_memory_stays_flat() -> None:
    samples = canonical_samples(100.0)
    resampler = Resampler(50.0)
    for number in range(50):
        resampler.push((np.arange(len(samples)) + number * len(samples)) / 100.0, samples)
    assert len(resampler._times) < 10
    assert len(resampler._fine) < 100
