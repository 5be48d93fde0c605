"""What the filters in front of the features do to a signal, before and after."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from har.evaluation import style
from har.params import Params
from har.signals.filters import deglitch, remove_noise, separate_gravity


def draw(samples: NDArray[np.float64], params: Params, path: Path) -> None:
    """Draw `samples` `[t, 6]` (canonical units and rate) raw, cleaned, and split into gravity and body, to a PNG."""
    knobs, rate = params.featurize, params.preprocess.rate_hz
    clean = remove_noise(deglitch(samples, knobs.median_samples), rate, knobs.noise_cutoff_hz)
    body, gravity = separate_gravity(clean[:, :3], rate, knobs.gravity_cutoff_hz)
    seconds = np.arange(len(samples)) / rate
    with style.drawing(path, 9, 8) as figure:
        axes = figure.subplots(3, 1, sharex=True)
        for channel, (name, colour) in enumerate(zip("xyz", ("#4477AA", "#CC6677", "#228833"), strict=True)):
            axes[0].plot(seconds, samples[:, channel], color=colour, alpha=0.3, lw=1)
            axes[0].plot(seconds, clean[:, channel], color=colour, lw=1.2, label=name)
            axes[1].plot(seconds, gravity[:, channel], color=colour, lw=1.5)
            axes[2].plot(seconds, body[:, channel], color=colour, lw=1.2)
        for axis, title in zip(
            axes,
            (
                f"Acceleration after a median of {knobs.median_samples} samples and a {knobs.noise_cutoff_hz:g} Hz "
                "low-pass (faint: as recorded)",
                f"Gravity: what is below {knobs.gravity_cutoff_hz:g} Hz",
                "Body acceleration: the rest",
            ),
            strict=True,
        ):
            axis.set_title(title, loc="left", fontsize=11)
            axis.set_ylabel("m/s²")
            axis.grid(alpha=0.25)
        axes[-1].set_xlabel("seconds of walking")
        figure.legend(ncols=3, frameon=False, loc="outside lower right")
