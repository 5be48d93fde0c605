"""MiniRocket: features of windows from many fixed convolutions (Dempster, Schmidt and Webb 2021, KDD).

Every kernel has nine weights, three of them 2 and six -1, so that it sums to zero. A feature is the share of the steps
at which a dilated kernel's output exceeds a bias. Nothing is trained: biases are quantiles of outputs on training
windows. As the authors do for several channels, each kernel sums over a random few of them.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

LENGTH: Final = 9  # weights of a kernel (section 3.1.1 of the paper)
TRIPLES: Final = tuple(combinations(range(LENGTH), 3))  # where the 2s stand: 84 kernels (section 3.1.2)
MOST_DILATIONS: Final = 32  # a kernel (section 3.1.4)
MOST_CHANNELS: Final = 9  # a kernel (the authors' code for several channels)
GOLDEN: Final = (5**0.5 + 1) / 2  # its multiples modulo 1 spread evenly over 0 to 1: the quantiles (section 3.1.3)
BLOCK: Final = 64  # windows at a time: about 20 MB

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Kernels:
    """What the features follow from.

    dilations: `[d]`, steps between weights. channels: `[d, 84, c]`, 1 where a kernel sees a channel, else 0.
    counts: `[d]`, biases of each kernel at that dilation. biases: `[sum(84 * counts)]`, by dilation, then kernel.
    """

    dilations: NDArray[np.int64]
    channels: Floats
    counts: NDArray[np.int64]
    biases: Floats


def draw(windows: Floats, features: int, seed: int) -> Kernels:
    """Return kernels for windows like these `[n, t, c]` that give `features` features, less what 84 does not divide.

    Raises: ValueError if there are fewer than 84 features or 9 steps.
    """
    steps, channels = windows.shape[1:]
    if features < len(TRIPLES) or steps < LENGTH:
        raise ValueError(f"{features} features of {steps} steps: MiniRocket needs {len(TRIPLES)} and {LENGTH} or more")
    random = np.random.default_rng(seed)
    dilations, counts = spread(steps, features // len(TRIPLES))
    most = np.log2(min(channels, MOST_CHANNELS) + 1)
    masks = np.zeros((len(dilations), len(TRIPLES), channels), np.float32)
    biases = []
    shares = np.arange(1, len(TRIPLES) * counts.sum() + 1) * GOLDEN % 1
    for i, (dilation, count) in enumerate(zip(dilations, counts, strict=True)):
        for mask in masks[i]:
            mask[random.choice(channels, int(2 ** random.uniform(0, most)), replace=False)] = 1
        sample = windows[random.integers(len(windows), size=len(TRIPLES))]  # each kernel's biases come from one window
        outputs = convolve(sample, masks[i], dilation)
        for kernel in range(len(TRIPLES)):
            share, shares = shares[:count], shares[count:]
            biases.append(np.quantile(seen(outputs[kernel], i, kernel, dilation)[:, kernel], share))
    return Kernels(dilations, masks, counts, np.concatenate(biases).astype(np.float32))


def spread(steps: int, features: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return dilations `[d]`, from 1 to where a kernel spans the window, and the features of a kernel at each `[d]`."""
    number = min(features, MOST_DILATIONS)
    farthest = np.log2((steps - 1) / (LENGTH - 1))
    exponents = np.linspace(0, farthest, number)
    dilations, times = np.unique((2**exponents).astype(np.int64), return_counts=True)
    counts = times * features // number
    counts[: features - counts.sum()] += 1  # what rounding down left over
    return dilations, counts


def convolve(windows: Floats, channels: Floats, dilation: int) -> Floats:
    """Outputs `[84, t, n]` of the kernels, which see `channels [84, c]`, on the windows `[n, t, c]` padded with 0."""
    weights = np.full((len(TRIPLES), LENGTH, 1), -1, np.float32)
    for kernel, triple in enumerate(TRIPLES):
        weights[kernel, triple] = 2
    n, steps, _ = windows.shape
    reach = LENGTH // 2 * dilation
    padded = np.pad(windows.transpose(2, 1, 0), ((0, 0), (reach, reach), (0, 0)))
    shifted: Floats = np.stack([padded[:, j * dilation : j * dilation + steps] for j in range(LENGTH)])
    matrix: Floats = (weights * channels[:, None]).reshape(len(TRIPLES), -1)
    return (matrix @ shifted.reshape(matrix.shape[1], -1)).reshape(-1, steps, n)


def seen(outputs: Floats, index: int, kernel: int, dilation: int) -> Floats:
    """Steps of a kernel's outputs `[t, n]` that count: every other kernel leaves out those that need the padding."""
    reach = LENGTH // 2 * dilation
    return outputs if (index + kernel) % 2 == 0 else outputs[reach : len(outputs) - reach]


def transform(windows: Floats, kernels: Kernels) -> Floats:
    """Features `[n, f]`, each from 0 to 1, of the windows `[n, t, c]`."""
    blocks = (windows[i : i + BLOCK] for i in range(0, len(windows), BLOCK))
    return np.concatenate([_transform(block, kernels) for block in blocks])


def _transform(windows: Floats, kernels: Kernels) -> Floats:
    out, at = np.empty((len(kernels.biases), len(windows)), np.float32), 0
    count_type = np.min_scalar_type(windows.shape[1])  # the smallest integers add up the fastest
    for i, (dilation, count) in enumerate(zip(kernels.dilations, kernels.counts, strict=True)):
        outputs = convolve(windows, kernels.channels[i], int(dilation))
        for kernel in range(len(TRIPLES)):
            steps = seen(outputs[kernel], i, kernel, int(dilation))
            above = steps > kernels.biases[at : at + count, None, None]
            out[at : at + count] = np.add.reduce(above.view(np.uint8), axis=1, dtype=count_type) / len(steps)
            at += count
    return out.T
