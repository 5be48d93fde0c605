"""Temperature of probabilities that are there already (Guo et al. 2017)."""

import numpy as np
from numpy.typing import NDArray


def tempered(probabilities: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Probabilities `[n, a]` of the same model with its logits divided by `temperature`; 1 changes nothing.

    The inverse temperature takes a division back, but for probabilities that were 0 to float32.
    """
    logits = np.log(np.maximum(probabilities, 1e-30)) / temperature
    power = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(power / power.sum(axis=1, keepdims=True), np.float64)
