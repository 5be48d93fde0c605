import subprocess
import sys
from pathlib import Path

import pytest

from har import params
from har.errors import HarError
from har.models.families import FAMILIES, family, family_knobs

ROOT = Path(__file__).parents[2]
PARAMS = params.load(ROOT / "params.yaml")


def test_listing_families_imports_no_framework() -> None:
    script = (
        "import sys, har.models.families as f, har.models.families.cnn_lstm, har.models.families.logistic_regression;"
        "print(sorted({'tensorflow', 'keras', 'sklearn', 'skops'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", FAMILIES)
def test_params_yaml_has_good_knobs_for_every_family(name: str) -> None:
    assert family_knobs(name, PARAMS.train.family(name)).seeds
    assert family(name).inputs in ("windows", "features")


def test_a_family_that_there_is_not_is_named() -> None:
    with pytest.raises(HarError, match="no family 'svm': choose from cnn_lstm"):
        family("svm")


@pytest.mark.parametrize("name", FAMILIES)
def test_an_unknown_knob_is_named(name: str) -> None:
    with pytest.raises(HarError, match=rf"train\.{name}\.epocs: "):
        family_knobs(name, {**PARAMS.train.family(name), "epocs": 3})


def test_a_bad_value_is_named() -> None:
    with pytest.raises(HarError, match=r"train\.cnn_lstm\.filters"):
        family_knobs("cnn_lstm", {**PARAMS.train.family("cnn_lstm"), "filters": [0]})
    with pytest.raises(HarError, match=r"train\.cnn_lstm\.seeds"):
        family_knobs("cnn_lstm", {**PARAMS.train.family("cnn_lstm"), "seeds": []})
