"""Scores, intervals, significance, figures and the model card, all from the predictions table."""
