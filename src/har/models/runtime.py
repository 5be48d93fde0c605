"""TensorFlow set up so that the same inputs give the same bits."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from har.errors import HarError


def prepare(seed: int, threads: int) -> None:
    """Import TensorFlow with a fixed number of threads, deterministic operations and every generator seeded.

    Raises: HarError if this process has already used TensorFlow with another number of threads.
    """
    with quiet():
        import keras
        import tensorflow as tf

        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        except RuntimeError as error:
            raise HarError(f"TensorFlow runs with other than {threads} threads here: start a new process.") from error
        keras.backend.clear_session()  # so that names in files do not count on from earlier models
        keras.utils.set_random_seed(seed)
        tf.config.experimental.enable_op_determinism()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep TensorFlow's start-up chatter off the terminal: its C++ side writes to stderr before it can be told not to.

    Errors are Python exceptions and still arrive. A GPU is left alone: it would give other bits than a processor.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
