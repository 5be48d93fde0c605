"""Studies: models trained beyond the pipeline's own, scored, and a small result of each."""
