"""From recordings of a phone's accelerometer and gyroscope to a recogniser that runs on that phone."""

__version__ = "0.1.0"
