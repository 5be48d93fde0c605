"""Recognition by a network in pure Python: features of each window, then the network of a `.json` file."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from har.models.families import scratch_mlp
from har.signals import features


class NetworkRunner:
    """A network as the train stage writes it, used like `har.export.runtime.Runner`.

    metadata: the windows that it takes, their features, and the names of its answers.

    Raises: HarError for a file that is missing or damaged, or that takes features which this version does not compute.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._network, self.metadata = scratch_mlp.load_alone(path)

    def probabilities(self, windows: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Probabilities `[n, a]` of `windows [n, 128, 6]` (m/s^2 and rad/s)."""
        knobs = self.metadata.featurize.model_dump()
        return scratch_mlp.answers(self._network, features.extract(windows, self.metadata.rate_hz, **knobs))
