"""Six people who walk, sit and lie: who they are, and the parameters of this checkout."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SIDES = {1: "train", 2: "test", 3: "train", 4: "test", 5: "validation", 6: "train"}
ACTIVITIES = ("walking", "sitting", "laying")
EACH = 8  # windows of an activity a person


def raw_params() -> dict[str, Any]:
    """params.yaml of this checkout."""
    raw: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    return raw
