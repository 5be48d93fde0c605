"""What a network costs, counted in its graph."""

from typing import Any

import numpy as np


def weights(model: Any) -> int:
    """How many weights of a Keras model are trained."""
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def operations(model: Any) -> int:
    """Floating-point operations that one window costs a Keras model, by TensorFlow's profiler."""
    import tensorflow as tf

    graph = tf.function(model).get_concrete_function(tf.TensorSpec((1, *model.input_shape[1:]))).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    return int(tf.compat.v1.profiler.profile(graph, options=options).total_float_ops)
