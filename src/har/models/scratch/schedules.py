"""Schedules: the learning rate as a function of time, counted in epochs (2.5: in the middle of the third)."""

from collections.abc import Callable
from math import cos, pi

Schedule = Callable[[float], float]


def constant(rate: float) -> Schedule:
    """The same rate for ever."""
    return lambda epoch: rate


def exponential(rate: float, factor: float) -> Schedule:
    """`rate` at first, `factor` times as much after every epoch."""
    return lambda epoch: rate * factor**epoch


def cosine(rate: float, epochs: int) -> Schedule:
    """From `rate` to 0 over `epochs` along half a cosine: large steps first, then ever finer (Loshchilov 2017)."""
    return lambda epoch: rate * (1 + cos(pi * min(epoch / epochs, 1))) / 2
