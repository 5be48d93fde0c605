"""Features of windows: `extract` computes them, `catalogue` says what they are."""

from har.signals.features.catalogue import Feature, catalogue, names
from har.signals.features.document import markdown
from har.signals.features.extraction import extract

__all__ = ["Feature", "catalogue", "extract", "markdown", "names"]
