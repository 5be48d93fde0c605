"""Pure functions on arrays: resample, filter, window, features."""
