import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from har.signals.windows import cut, starts


def test_half_overlapping_windows_of_an_interval() -> None:
    np.testing.assert_array_equal(starts(300, 128, 64), [0, 64, 128])


@given(st.integers(0, 500), st.integers(1, 130), st.integers(1, 130))
def test_windows_lie_inside_and_not_one_more_fits(length: int, window: int, step: int) -> None:
    first = starts(length, window, step)
    assert (first + window <= length).all()
    assert len(first) * step + window > length
    assert (np.diff(first) == step).all()


@given(st.integers(0, 300), st.integers(1, 64), st.integers(1, 64))
def test_cut_copies_the_samples_of_each_window(length: int, window: int, step: int) -> None:
    samples = np.arange(length * 2, dtype=np.float32).reshape(length, 2)
    windows = cut(samples, window, step)
    first = starts(length, window, step)
    assert windows.shape == (len(first), window, 2)
    assert windows.dtype == samples.dtype
    for i, start in enumerate(first):
        np.testing.assert_array_equal(windows[i], samples[start : start + window])


def test_windows_are_copies() -> None:
    samples = np.zeros((128, 6))
    cut(samples, 128, 64)[0, 0, 0] = 1.0
    assert samples[0, 0] == 0.0


@pytest.mark.parametrize(("window", "step"), [(0, 64), (128, 0), (128, -1)])
def test_no_window_or_no_step_is_a_mistake(window: int, step: int) -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        starts(300, window, step)
