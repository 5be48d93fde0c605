from pathlib import Path

import numpy as np
import people_at_home as home
import pytest

from har.datasets.schema import BASIC
from har.files import read_json
from har.live.smoother import from_document
from har.studies import fits, recordings, streaming
from har.studies.streaming import Options, choose

OPTIONS = Options(sets=("one_transition",), seeds=(0, 1))


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:
    root = tmp_path_factory.mktemp("checkout")
    params, paths = home.checkout(root)
    return streaming.run(params, paths, OPTIONS), root


def test_the_study_scores_test_recordings_with_and_without_a_smoother(studied: tuple[dict, Path]) -> None:
    result, root = studied
    assert result == read_json(root / "data" / "studies" / "streaming" / "scores.json")
    assert result["recordings"] == {"train": 6, "test": 2}
    kinds = result["models"]["one_transition"]
    assert set(kinds) == {"raw", "forward", "exponential"}
    for views in kinds.values():
        assert views["basic"]["frames"]["mean"] == 2 * (5 * 330 + 200 + 330)
        assert views["one_transition"]["frames"]["mean"] == 2 * (6 * 330 + 200 + 3 * 150)
        assert 0 <= views["basic"]["macro_f1"]["mean"] <= 1
    assert result["smoothers"]["chosen"] in ("forward", "exponential")


def test_the_page_has_a_row_for_each_model_set_and_smoother(studied: tuple[dict, Path]) -> None:
    page = (studied[1] / "docs" / "streaming.md").read_text(encoding="utf-8")
    assert "nan" not in page.lower().replace("finan", "")
    assert page.count("| 6 and one `transition` | 6 activities |") == 3 * 3
    assert (studied[1] / "docs" / "images" / "streaming.png").read_bytes().startswith(b"\x89PNG")


def test_a_second_run_trains_nothing_and_writes_the_same(
    studied: tuple[dict, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, root = studied
    files = ("docs/streaming.md", "docs/images/streaming.png", "data/studies/streaming/scores.json")
    before = {name: (root / name).read_bytes() for name in files}
    trained = set((root / "data" / "studies" / "fits").iterdir())

    def refuse(*_args: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(fits, "_fit", refuse)
    streaming.run(home.parameters.load(root / "params.yaml"), home.Paths(root), OPTIONS)
    assert {name: (root / name).read_bytes() for name in files} == before
    assert set((root / "data" / "studies" / "fits").iterdir()) == trained


def test_a_smoother_costs_no_more_than_is_allowed_and_makes_up_less(tmp_path: Path) -> None:
    params, paths = home.checkout(tmp_path)
    heard = recordings.read(params, paths)[:3]
    random = np.random.default_rng(0)
    answers = []
    for item in heard:  # the label at the window's end, with an odd answer now and then
        places = np.zeros(len(item.samples), dtype=int)
        for interval in item.intervals:
            if interval.activity in BASIC:
                places[interval.start : interval.end] = BASIC.index(interval.activity)
        named = places[params.preprocess.window - 1 :: OPTIONS.hop]
        odd = random.uniform(size=len(named)) < 0.15
        named = np.where(odd, random.integers(0, len(BASIC), len(named)), named)
        answers.append(0.7 * np.eye(len(BASIC))[named] + 0.3 / len(BASIC))
    found = choose(heard, answers, BASIC, params, OPTIONS)
    best = found[found["chosen"]]
    assert best["edit"] > found["raw"]["edit"]
    assert best["macro_f1"] >= found["raw"]["macro_f1"] - OPTIONS.max_f1_loss
    assert best["changes_per_minute"] < found["raw"]["changes_per_minute"]
    from_document(best["smoother"])


def test_recordings_are_in_canonical_units_with_intervals_in_their_samples(tmp_path: Path) -> None:
    params, paths = home.checkout(tmp_path)
    slower = params.model_copy(update={"preprocess": params.preprocess.model_copy(update={"rate_hz": 25.0})})
    full, half = recordings.read(params, paths)[0], recordings.read(slower, paths)[0]
    lying = next(item for item in full.intervals if item.activity == "laying")
    assert full.samples[lying.start : lying.end, 2].mean() == pytest.approx(home.G, rel=0.01)
    assert len(half.samples) == pytest.approx(len(full.samples) / 2, abs=1)
    for one, other in zip(full.intervals, half.intervals, strict=True):
        assert (other.start, other.end) == (round(one.start / 2), round(one.end / 2))
