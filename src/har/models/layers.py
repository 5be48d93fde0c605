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


@keras.saving.register_keras_serializable("har")
class Representation(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    """Raw windows `[b, t, 6]` (m/s^2 with gravity, rad/s) to channels `[b, t, 17]`.

    0:6 the raw samples; 6:9 gravity, the window's mean acceleration; 9:17 body acceleration (raw minus gravity),
    angular velocity, and the magnitude of either, through arcsinh(x / scale).

    acceleration_scale: m/s^2. angular_scale: rad/s. About the movement of somebody who sits still.
    """

    def __init__(self, acceleration_scale: float, angular_scale: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.acceleration_scale = acceleration_scale
        self.angular_scale = angular_scale

    def call(self, windows: Any) -> Any:
        """Return the channels of the windows."""
        acceleration, angular = windows[..., :3], windows[..., 3:]
        gravity = ops.mean(acceleration, axis=1, keepdims=True)
        body = acceleration - gravity
        small = [
            arcsinh(body * (1.0 / self.acceleration_scale)),
            arcsinh(angular * (1.0 / self.angular_scale)),
            arcsinh(magnitude(body) * (1.0 / self.acceleration_scale)),
            arcsinh(magnitude(angular) * (1.0 / self.angular_scale)),
        ]
        return ops.concatenate([windows, acceleration - body, *small], axis=-1)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Shape of the channels."""
        return (*shape[:-1], 17)

    def get_config(self) -> dict[str, Any]:
        """Return what the layer is made again from."""
        own = {"acceleration_scale": self.acceleration_scale, "angular_scale": self.angular_scale}
        return {**super().get_config(), **own}


def normalise(representation: Representation, windows: NDArray[np.floating]) -> keras.layers.Layer:
    """Return a layer that brings every channel to mean 0 and variance 1 over the given training windows `[n, t, 6]`."""
    parts = [np.asarray(representation(windows[i : i + 1024]), np.float64) for i in range(0, len(windows), 1024)]
    channels = np.concatenate(parts).reshape(-1, parts[0].shape[-1])
    return keras.layers.Normalization(mean=channels.mean(axis=0), variance=channels.var(axis=0), name="normalise")
