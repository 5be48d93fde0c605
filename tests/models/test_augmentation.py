from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from motion import sitting, walking, window

from har.models.augmentation import augment, flip, rotate, scale, stretch, turn_heading

WINDOWS = np.stack([maker(seed) for seed in range(4) for maker in (sitting, walking)])
SEED = tf.constant([7, 1], tf.int64)


@dataclass(frozen=True)
class Spreads:
    flip_share: float = 0.5
    rotation_degrees: float = 10.0
    heading_degrees: float = 20.0
    scale_spread: float = 0.1
    tempo_spread: float = 0.1


def test_a_phone_is_turned_over_about_each_of_its_axes_alike_and_as_often_as_asked() -> None:
    many = np.repeat(WINDOWS[1:2], 3000, axis=0)
    signs = np.sign(np.asarray(flip(many, SEED, 0.75)) / many).reshape(3000, -1, 6)
    assert (signs == signs[:, :1]).all()
    np.testing.assert_array_equal(signs[..., :3], signs[..., 3:])
    kinds, counts = np.unique(signs[:, 0, :3], axis=0, return_counts=True)
    assert kinds.tolist() == [[-1, -1, 1], [-1, 1, -1], [1, -1, -1], [1, 1, 1]]
    np.testing.assert_allclose(counts / 3000, 0.25, atol=0.04)


def test_a_rotation_keeps_gravitys_size_and_turns_both_sensors_together() -> None:
    turned = np.asarray(rotate(WINDOWS, SEED, 20.0))
    for sensor in (slice(0, 3), slice(3, 6)):
        lengths = [np.linalg.norm(w[..., sensor], axis=-1) for w in (WINDOWS, turned)]
        np.testing.assert_allclose(lengths[1], lengths[0], rtol=1e-4)
    between = [np.sum(w[..., :3] * w[..., 3:], axis=-1) for w in (WINDOWS, turned)]
    np.testing.assert_allclose(between[1], between[0], atol=1e-3)
    assert np.abs(turned - WINDOWS).max() > 0.1


def test_a_rotation_is_as_large_as_it_is_asked_to_be() -> None:
    many = np.repeat(WINDOWS[:1], 2000, axis=0)
    turned = np.asarray(rotate(many, SEED, 10.0))[:, 0, :3]
    cosine = turned @ WINDOWS[0, 0, :3] / np.linalg.norm(WINDOWS[0, 0, :3]) ** 2
    degrees = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    # the angle is normal about 0; only its part about axes that are not gravity's own turns gravity
    assert 5 < np.sqrt(np.mean(degrees**2)) < 10


def test_a_turn_of_the_heading_keeps_gravity_where_it_is_and_turns_forward_and_sideways() -> None:
    turned = np.asarray(turn_heading(WINDOWS, SEED, 20.0))
    means = [w[..., :3].mean(axis=1) for w in (WINDOWS, turned)]
    np.testing.assert_allclose(means[1], means[0], rtol=1e-4, atol=1e-4)
    up = means[0] / np.linalg.norm(means[0], axis=1, keepdims=True)
    vertical = [np.einsum("ntc,nc->nt", w[..., 3:], up) for w in (WINDOWS, turned)]
    np.testing.assert_allclose(vertical[1], vertical[0], atol=1e-4)
    assert np.abs(turned[..., 3:] - WINDOWS[..., 3:]).max() > 0.1


def test_scaling_keeps_gravity() -> None:
    stronger = np.asarray(scale(WINDOWS, SEED, 0.3))
    np.testing.assert_allclose(stronger[..., :3].mean(axis=1), WINDOWS[..., :3].mean(axis=1), rtol=1e-4, atol=1e-4)
    ratio = stronger[..., 3:].std(axis=(1, 2)) / WINDOWS[..., 3:].std(axis=(1, 2))
    assert np.ptp(ratio) > 0.05


def test_a_stretch_changes_the_pace_and_not_the_strength() -> None:
    steps = np.stack([window(step_hz=2.0, step_acceleration=3.0, seed=i) for i in range(50)])
    stretched = np.asarray(stretch(steps, SEED, 0.1))
    rising = [np.count_nonzero(np.diff(np.sign(w[..., 0] - 9.80665), axis=1) > 0, axis=1) for w in (steps, stretched)]
    assert np.ptp(rising[0]) <= 1
    assert np.ptp(rising[1]) >= 2
    np.testing.assert_allclose(stretched[..., 0].max(axis=1), steps[..., 0].max(axis=1), atol=0.1)
    np.testing.assert_allclose(np.linalg.norm(stretched[..., :3], axis=2).mean(axis=1), 9.80665, atol=0.5)


def test_no_spread_changes_nothing() -> None:
    np.testing.assert_allclose(
        np.asarray(augment(WINDOWS, SEED, Spreads(0.0, 0.0, 0.0, 0.0, 0.0))), WINDOWS, rtol=1e-5, atol=1e-6
    )


def test_the_seed_decides() -> None:
    first, again = (np.asarray(augment(WINDOWS, SEED, Spreads())) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - np.asarray(augment(WINDOWS, SEED + 10, Spreads()))).max() > 1e-3
