"""Keras families, the scikit-learn baseline, augmentation and training."""
