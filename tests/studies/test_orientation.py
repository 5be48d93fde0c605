from dataclasses import replace

import numpy as np
import pytest

from har.files import read_json
from har.params import Params
from har.paths import Paths
from har.studies import corpus, orientation
from har.studies.corpus import Corpus
from har.studies.orientation import Options, Variant

SMALL = Options(
    seeds=(0, 1),
    variants={
        "as trained": Variant(family="cnn"),
        "any": Variant({"orientation": "any"}, family="cnn"),
        "upright": Variant({"orientation": "upright"}, upright=True, family="cnn"),
    },
)


@pytest.fixture
def data(params: Params, paths: Paths) -> Corpus:
    """One recording a person, in which they walk and are still."""
    found = corpus.load(params, paths, features=False)
    return replace(found, index=found.index.assign(recording=found.subjects.astype(str)))


def test_every_variant_is_scored_under_every_turn_that_it_is_about(params, paths):
    scores = orientation.run(params, paths, SMALL)
    about = {"recording", "loss_recording", "short_recording"}
    assert set(scores["as trained"]) == {"none", *about, "window", "loss_window", "short_window"}
    assert set(scores["upright"]) == {"none", *about}
    assert abs(scores["any"]["loss_window"]["mean"]) < 0.02  # its channels do not change with the turn
    plain = scores["as trained"]["none"]["mean"]
    for found in scores.values():
        assert found["short_recording"]["mean"] == pytest.approx(plain - found["recording"]["mean"])
        assert found["loss_recording"]["mean"] == pytest.approx(found["none"]["mean"] - found["recording"]["mean"])
    assert read_json(paths.root / "data" / "studies" / "orientation" / "scores.json") == scores
    page = (paths.root / "docs" / "transfer.md").read_text(encoding="utf-8")
    assert "| as trained |" in page
    assert "From one data set" not in page


def test_turning_a_recording_turns_its_windows_alike_and_upright_undoes_it_but_for_the_heading(data):
    turned = orientation.turned(data, "recording", Variant())
    assert turned.sha256 != data.sha256
    shown, plain = (orientation.turned(data, kind, Variant(upright=True)) for kind in ("recording", "none"))
    along, across = (slice(None), slice(None), 0), (slice(None), slice(None), slice(1, 3))
    np.testing.assert_allclose(shown.windows[along], plain.windows[along], atol=1e-3)
    lengths = (np.linalg.norm(one.windows[across], axis=2) for one in (shown, plain))
    np.testing.assert_allclose(*lengths, atol=1e-3)
    assert np.abs(shown.windows - plain.windows).max() > 0.5


def test_without_a_turn_nothing_changes(data):
    assert orientation.turned(data, "none", Variant()) is data
