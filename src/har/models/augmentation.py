"""Plausible variations of the training windows, as functions on tensors of a `tf.data` pipeline.

Each takes windows `[b, t, 6]` (m/s^2 with gravity, rad/s) and a seed `[2]`, and returns windows of the same shape.
"""

import math
from typing import Any, Protocol

import tensorflow as tf


class Spreads(Protocol):
    """Standard deviations of the variations, and the share of windows turned over; a Keras family's knobs have them."""

    flip_share: float
    rotation_degrees: float
    heading_degrees: float
    scale_spread: float  # of a natural logarithm
    tempo_spread: float  # of a natural logarithm


def flip(windows: Any, seed: Any, share: float) -> Any:
    """Turn a `share` of the windows by half a turn about one of the phone's own axes, each as often as the others.

    There are four ways to slide a phone into a pocket: head first or not, the screen to the leg or away from it.
    """
    batch = tf.shape(windows)[0]
    turned = tf.random.stateless_uniform([batch, 1, 1], seed) < share
    axis = tf.one_hot(tf.random.stateless_uniform([batch], seed + 1, 0, 3, tf.int32), 3)
    signs = tf.tile(2 * axis - 1, [1, 2])[:, None, :]
    return tf.where(turned, windows * signs, windows)


def rotate(windows: Any, seed: Any, degrees: float) -> Any:
    """Turn each window as a whole about a random axis by a normal random angle (standard deviation in degrees).

    A phone never sits in its pouch at the same angle twice. Both sensors turn together; magnitudes stay.
    """
    batch = tf.shape(windows)[0]
    axis = tf.random.stateless_normal([batch, 3], seed)
    return turn(windows, axis, tf.random.stateless_normal([batch], seed + 1) * (degrees * math.pi / 180))


def turn_heading(windows: Any, seed: Any, degrees: float) -> Any:
    """Turn each window about its mean acceleration by a normal random angle (standard deviation in degrees).

    A phone slides along the belt: gravity stays where it is, forward and sideways change.
    """
    vertical = tf.reduce_mean(windows[..., :3], axis=1)
    angle = tf.random.stateless_normal([tf.shape(windows)[0]], seed) * (degrees * math.pi / 180)
    return turn(windows, vertical, angle)


def turn(windows: Any, axis: Any, angle: Any) -> Any:
    """Turn both sensors of each window about `axis [b, 3]`, of any length, by `angle [b]` in rad (Rodrigues)."""
    half = angle / 2
    w, (x, y, z) = tf.cos(half), tf.unstack(tf.math.l2_normalize(axis, axis=1) * tf.sin(half)[:, None], axis=1)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    matrix = tf.stack([tf.stack(column, axis=1) for column in zip(*rows, strict=True)], axis=1)  # transposed
    return tf.concat([windows[..., :3] @ matrix, windows[..., 3:] @ matrix], axis=2)


def scale(windows: Any, seed: Any, spread: float) -> Any:
    """Make each window's movement stronger or weaker by exp(normal * spread); gravity (the mean acceleration) stays."""
    factor = tf.exp(tf.random.stateless_normal([tf.shape(windows)[0], 1, 1], seed) * spread)
    gravity = tf.reduce_mean(windows[..., :3], axis=1, keepdims=True)
    still = tf.concat([gravity, tf.zeros_like(gravity)], axis=2)
    return still + (windows - still) * factor


def stretch(windows: Any, seed: Any, spread: float) -> Any:
    """Play each window faster or slower by exp(normal * spread) about its middle, mirrored where it runs out.

    People walk at paces that the training subjects do not cover.
    """
    samples = windows.shape[1]
    last, middle = float(samples - 1), (samples - 1) / 2
    pace = tf.exp(tf.random.stateless_normal([tf.shape(windows)[0], 1], seed) * spread)
    time = middle + (tf.range(samples, dtype=tf.float32) - middle) * pace
    time = last - tf.abs(last - tf.abs(time))
    before = tf.clip_by_value(tf.cast(time, tf.int32), 0, samples - 2)
    share = (time - tf.cast(before, tf.float32))[..., None]
    left, right = (tf.gather(windows, at, batch_dims=1) for at in (before, before + 1))
    return left + (right - left) * share


def augment(windows: Any, seed: Any, spreads: Spreads) -> Any:
    """Turn over, turn about any axis and about the vertical, scale, then stretch; each knob may be 0."""
    if spreads.flip_share:
        windows = flip(windows, seed + 5, spreads.flip_share)
    if spreads.rotation_degrees:
        windows = rotate(windows, seed, spreads.rotation_degrees)
    if spreads.heading_degrees:
        windows = turn_heading(windows, seed + 4, spreads.heading_degrees)
    if spreads.scale_spread:
        windows = scale(windows, seed + 2, spreads.scale_spread)
    if spreads.tempo_spread:
        windows = stretch(windows, seed + 3, spreads.tempo_spread)
    return windows
