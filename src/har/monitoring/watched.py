"""The features that are watched: few enough to read, many enough to tell every fault from another."""

from functools import lru_cache
from typing import Final

from har.signals import features

KINDS: Final = ("log_std", "spectrum_centre", "crossings", "kurtosis", "correlation")
DIRECTION: Final = ("gravity_x_mean", "gravity_y_mean", "gravity_z_mean")
EXTRA: Final = (*DIRECTION, "gravity_mag_mean", "body_acc_up_spectrum_peak")


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Names of the watched features, in the order of the catalogue."""
    return tuple(item.name for item in features.catalogue() if item.kind in KINDS or item.name in EXTRA)
