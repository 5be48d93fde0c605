import numpy as np
import pytest
from motion import walking

from har.models import rocket

WINDOWS = np.stack([walking(seed) for seed in range(70)])
WINDOWS = (WINDOWS - WINDOWS.mean(axis=(0, 1))) / WINDOWS.std(axis=(0, 1))
KERNELS = rocket.draw(WINDOWS, 1000, 0)


def test_features_are_the_shares_of_steps_that_the_definition_gives() -> None:
    """Each feature by a plain sum over nine samples, without matrices."""
    window, at = WINDOWS[3].astype(np.float64), 0
    features = rocket.transform(WINDOWS[3:4], KERNELS)[0]
    random = np.random.default_rng(0)
    for i, (dilation, count) in enumerate(zip(KERNELS.dilations, KERNELS.counts, strict=True)):
        for kernel, twos in enumerate(rocket.TRIPLES):
            at += count
            if random.random() > 0.05:
                continue
            heard = window @ KERNELS.channels[i, kernel]
            weights = [2 if j in twos else -1 for j in range(9)]
            steps = range(128) if (i + kernel) % 2 == 0 else range(4 * dilation, 128 - 4 * dilation)
            places = [[t + (j - 4) * dilation for j in range(9)] for t in steps]
            outputs = np.array(
                [sum(w * heard[p] for w, p in zip(weights, row, strict=True) if 0 <= p < 128) for row in places]
            )
            expected = [np.mean(outputs > bias) for bias in KERNELS.biases[at - count : at]]
            np.testing.assert_allclose(features[at - count : at], expected, atol=1.01 / len(outputs))
    assert at == len(features) == len(KERNELS.biases)


def test_there_are_as_many_features_as_84_kernels_can_share() -> None:
    assert len(KERNELS.biases) == 84 * (1000 // 84)
    dilations, counts = rocket.spread(128, 59)
    assert dilations.tolist() == list(range(1, 16))  # 15 * 8 steps from the first weight to the last fit into 128
    assert counts.sum() == 59


def test_every_kernel_sees_a_channel_and_some_see_several() -> None:
    seen = KERNELS.channels.sum(axis=2)
    assert seen.min() == 1
    assert seen.max() == 6


def test_a_constant_shift_of_the_signal_changes_no_feature_without_padding() -> None:
    before, after = (rocket.transform(x, KERNELS) for x in (WINDOWS[:20], WINDOWS[:20] + np.float32(3)))
    unpadded, at = [], 0
    for i, count in enumerate(KERNELS.counts):
        for kernel in range(84):
            unpadded += [(i + kernel) % 2 == 1] * count
            at += count
    same = np.abs(before - after) < 0.02
    assert same[:, np.array(unpadded)].mean() > 0.99
    assert same[:, ~np.array(unpadded)].mean() < 0.8


def test_blocks_do_not_show() -> None:
    whole = rocket.transform(WINDOWS, KERNELS)
    np.testing.assert_allclose(rocket.transform(WINDOWS[60:], KERNELS), whole[60:], atol=0.02)


def test_too_few_features_or_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="needs 84 and 9 or more"):
        rocket.draw(WINDOWS, 83, 0)
    with pytest.raises(ValueError, match="needs 84 and 9 or more"):
        rocket.draw(WINDOWS[:, :8], 84, 0)
