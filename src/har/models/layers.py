"""What stands between the raw window and the first weights, as layers of the graph.

Sitting and standing differ in gravity's direction and in movements a hundred times weaker than walking. Amplitudes
alone drown the latter, so movement is shown to the network also on a logarithmic scale that keeps its sign: arcsinh
is linear far below its scale and logarithmic far above it.
"""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray


def arcsinh(x: Any) -> Any:
    """arcsinh of a tensor, from operations that every TFLite runtime has."""
    size = ops.absolute(x)
    return ops.sign(x) * ops.log(size + ops.sqrt(size * size + 1.0))


def magnitude(x: Any) -> Any:
    """Length of the vectors along the last axis, which is kept: `[..., 3]` to `[..., 1]`."""
    return ops.sqrt(ops.sum(x * x, axis=-1, keepdims=True))


def dot(a: Any, b: Any) -> Any:
    """Scalar product of the vectors along the last axis, which is kept: `[..., 3]` to `[..., 1]`."""
    return ops.sum(a * b, axis=-1, keepdims=True)


def cross(a: Any, b: Any) -> Any:
    """Vector product along the last axis, from operations that every TFLite runtime has."""

    def shifted(v: Any, by: int) -> Any:
        return ops.concatenate([v[..., by:], v[..., :by]], axis=-1)

    return shifted(a, 1) * shifted(b, 2) - shifted(a, 2) * shifted(b, 1)


@keras.saving.register_keras_serializable("har")
class Representation(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    """Raw windows `[b, t, 6]` (m/s^2 with gravity, rad/s) to channels `[b, t, c]`.

    acceleration_scale: m/s^2. angular_scale: rad/s. About the movement of somebody who sits still.
    micro_motion: whether movement is there also through arcsinh(x / scale): eight channels more.
    orientation: `fixed`, `upright` or `any`, how the phone sits (see `fixed_channels`, `free_channels`).
    """

    def __init__(
        self,
        acceleration_scale: float,
        angular_scale: float,
        micro_motion: bool = True,
        orientation: str = "fixed",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.acceleration_scale = acceleration_scale
        self.angular_scale = angular_scale
        self.micro_motion = micro_motion
        self.orientation = orientation

    def call(self, windows: Any) -> Any:
        """Return the channels of the windows."""
        scales = 1.0 / self.acceleration_scale, 1.0 / self.angular_scale
        if self.orientation == "fixed":
            plain, small = fixed_channels(windows, *scales)
        else:
            plain, small = free_channels(windows, *scales, inclination=self.orientation == "upright")
        return ops.concatenate([*plain, *map(arcsinh, small if self.micro_motion else [])], axis=-1)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Shape of the channels."""
        plain = {"fixed": 9, "upright": 10, "any": 8}[self.orientation]
        return (*shape[:-1], plain + 8 if self.micro_motion else plain)

    def get_config(self) -> dict[str, Any]:
        """Return what the layer is made again from."""
        own = ("acceleration_scale", "angular_scale", "micro_motion", "orientation")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


def fixed_channels(windows: Any, acceleration: float, angular: float) -> tuple[list[Any], list[Any]]:
    """Channels for a phone that sits about as in training; 9 plain ones, and 8 to be put through arcsinh.

    Plain: the raw samples; gravity, the window's mean acceleration. Small: body acceleration (raw minus gravity),
    angular velocity, and the magnitude of either, times `acceleration` (s^2/m) and `angular` (s/rad).
    """
    force, spin = windows[..., :3], windows[..., 3:]
    body = force - ops.mean(force, axis=1, keepdims=True)
    small = [body * acceleration, spin * angular, magnitude(body) * acceleration, magnitude(spin) * angular]
    return [windows, force - body], small


def free_channels(windows: Any, acceleration: float, angular: float, inclination: bool) -> tuple[list[Any], list[Any]]:
    """Channels that no turn of the phone changes; 8 plain ones, and 8 to be put through arcsinh.

    Gravity, the window's mean acceleration, gives the vertical. Plain: body acceleration along it and across (its
    length), angular velocity along it and across, body acceleration across it along the axis of turning and at right
    angles to that, and both magnitudes. Small: the same but for the body's magnitude, times `acceleration` (s^2/m) and
    `angular` (s/rad). inclination: the vertical's part along x and across too, which tells postures where x is known
    to be upwards in standing; no turn about x changes it.
    """
    force, spin = windows[..., :3], windows[..., 3:]
    gravity = ops.mean(force, axis=1, keepdims=True)
    up = gravity / (magnitude(gravity) + 1e-6)
    body = force - gravity
    rise, twist = dot(body, up), dot(spin, up)
    level, tumble = body - rise * up, spin - twist * up
    across, turning = magnitude(level), magnitude(tumble)
    along, beside = dot(level, tumble), dot(up, cross(level, tumble))
    loud, faint = 1.0 / (turning + 0.01), 1.0 / (turning + 0.001)  # rad/s; a still phone has no axis of turning
    plain = [rise, across, twist, turning, along * loud, beside * loud, magnitude(force), magnitude(spin)]
    if inclination:
        plain += [part + 0.0 * rise for part in (up[..., :1], magnitude(up[..., 1:]))]
    small = [rise, across, along * faint, beside * faint, magnitude(body)]
    return plain, [part * acceleration for part in small] + [
        part * angular for part in (twist, turning, magnitude(spin))
    ]


def normalise(representation: Representation, windows: NDArray[np.floating]) -> keras.layers.Layer:
    """Return a layer that brings every channel to mean 0 and variance 1 over the given training windows `[n, t, 6]`."""
    parts = [np.asarray(representation(windows[i : i + 1024]), np.float64) for i in range(0, len(windows), 1024)]
    channels = np.concatenate(parts).reshape(-1, parts[0].shape[-1])
    return keras.layers.Normalization(mean=channels.mean(axis=0), variance=channels.var(axis=0), name="normalise")
