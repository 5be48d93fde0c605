"""Recognition on a stream or a file of samples, without TensorFlow."""
