"""Keras to TFLite, quantisation and parity between runtimes."""
