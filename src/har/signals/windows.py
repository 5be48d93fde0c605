"""Cutting a series of samples into windows of equal length."""

from typing import TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


def starts(length: int, window: int, step: int) -> NDArray[np.int64]:
    """First samples `[n]` of the windows in a series of `length` samples; a remainder gets no window."""
    if window < 1 or step < 1:
        raise ValueError(f"window {window} and step {step} must be at least one sample")
    return np.arange(0, length - window + 1, step, dtype=np.int64)


def cut(samples: NDArray[T], window: int, step: int) -> NDArray[T]:
    """Cut samples `[t, c]` into windows `[n, window, c]`, a copy; n is 0 where not even one fits."""
    first = starts(len(samples), window, step)
    if first.size == 0:
        return np.empty((0, window, samples.shape[1]), dtype=samples.dtype)
    views = sliding_window_view(samples, window, axis=0)[first]
    return np.ascontiguousarray(np.swapaxes(views, 1, 2))
