import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_corpus import ROOT

from har.errors import HarError
from har.params import Params
from har.paths import Paths
from har.studies import corpus as corpora
from har.studies import fits
from har.studies.corpus import Corpus
from har.studies.fits import Fit

LOGISTIC = {"inverse_regularisation": 0.1, "max_iterations": 50}


@pytest.fixture
def corpus(params: Params, paths: Paths) -> Corpus:
    return corpora.load(params, paths)


def rows(corpus: Corpus, *subjects: int) -> np.ndarray:
    return np.flatnonzero(np.isin(corpus.subjects, subjects))


def test_models_come_in_the_order_asked_for_and_know_their_activities(corpus, params, paths):
    asked = [
        Fit("cnn", params.train.family("cnn"), 0, rows(corpus, 1, 2)),
        Fit("logistic_regression", LOGISTIC, 0, rows(corpus, 1, 2), rows(corpus, 5)),
    ]
    network, regression = fits.train(asked, corpus, params, paths, "test")
    assert (network.path.name, regression.path.name) == ("model.keras", "model.skops")
    held = rows(corpus, 3, 4)
    answers = fits.predict_rows([network, regression], asked, [held, held], corpus, "test")
    np.testing.assert_allclose(answers[0].sum(axis=1), 1, atol=1e-5)
    assert (answers[1].argmax(axis=1) == corpus.y[held]).all()
    np.testing.assert_array_equal(answers[1], fits.predict(regression, "logistic_regression", corpus.features[held]))
    assert network.record["validation"] == {}
    assert set(regression.record["validation"]) == {"macro_f1", "accuracy", "loss"}
    size, none = fits.sizes([network, regression], "test")
    assert (size.weights, none) == ((17 * 5 * 4 + 2 * 4) + (4 * 3 + 3), None)
    assert size.operations > 2 * (64 * 17 * 5 * 4 + 4 * 3)  # of convolution and last layer


def test_what_is_there_is_not_trained_again(corpus, params, paths):
    asked = [Fit("logistic_regression", LOGISTIC, 0, rows(corpus, 1, 2))]
    (first,) = fits.train(asked, corpus, params, paths, "test")
    before = first.path.stat().st_mtime_ns
    seeds_aside = [Fit("logistic_regression", {**LOGISTIC, "seeds": [7]}, 0, rows(corpus, 1, 2))]
    (again,) = fits.train(seeds_aside, corpora.load(params, paths), params, paths, "test")
    assert again == first
    assert again.path.stat().st_mtime_ns == before


def test_the_same_asked_for_twice_is_one_model(corpus, params, paths):
    asked = [Fit("logistic_regression", LOGISTIC, 0, rows(corpus, 1, 2)) for _ in range(2)]
    first, second = fits.train(asked, corpus, params, paths, "test")
    assert first.path == second.path


def test_whatever_it_follows_from_makes_another_model(corpus, params, paths):
    mine, other = rows(corpus, 1, 2), rows(corpus, 3)
    fewer = corpora.load(params, paths, activities="shared")
    asked = [
        Fit("logistic_regression", LOGISTIC, 0, mine),
        Fit("logistic_regression", {**LOGISTIC, "inverse_regularisation": 1.0}, 0, mine),
        Fit("logistic_regression", LOGISTIC, 1, mine),
        Fit("logistic_regression", LOGISTIC, 0, other),
        Fit("logistic_regression", LOGISTIC, 0, mine, other),
    ]
    found = {one.path for one in fits.train(asked, corpus, params, paths, "test")}
    found |= {one.path for one in fits.train(asked[:1], fewer, params, paths, "test")}
    assert len(found) == 6


def test_a_damaged_model_is_trained_again_to_the_same_bytes(corpus, params, paths):
    asked = [Fit("logistic_regression", LOGISTIC, 0, rows(corpus, 1, 2))]
    (first,) = fits.train(asked, corpus, params, paths, "test")
    content = first.path.read_bytes()
    first.path.write_bytes(content[:-1] + b"\xff")
    (again,) = fits.train(asked, corpus, params, paths, "test")
    assert again.path.read_bytes() == content


@pytest.mark.parametrize(
    ("family", "raw", "message"),
    [
        ("none", LOGISTIC, "no family 'none'"),
        ("logistic_regression", {**LOGISTIC, "depth": 3}, r"train\.logistic_regression\.depth"),
        ("logistic_regression", {"max_iterations": 50}, r"inverse_regularisation"),
    ],
)
def test_a_mistake_is_told_before_anything_is_trained(corpus, params, paths, family, raw, message):
    good = Fit("logistic_regression", LOGISTIC, 0, rows(corpus, 1, 2))
    with pytest.raises(HarError, match=message):
        fits.train([good, Fit(family, raw, 0, rows(corpus, 1, 2))], corpus, params, paths, "test")
    assert not (paths.root / "data" / "studies").exists()


SCRIPT = """
import os, signal, sys
from pathlib import Path
import numpy as np
from har.params import load
from har.paths import Paths
from har.studies import corpus as corpora, fits

left = int(sys.argv[1])
write = fits._write

def and_die(*args):
    global left
    write(*args)
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

fits._write = and_die
params, paths = load(), Paths()
corpus = corpora.load(params, paths)
raw = {"inverse_regularisation": 0.1, "max_iterations": 50}
asked = [fits.Fit("logistic_regression", raw, seed, np.flatnonzero(corpus.subjects < 4)) for seed in range(4)]
fits.train(asked, corpus, params, paths, "test")
"""


def test_after_a_kill_only_the_rest_is_trained(paths: Paths) -> None:
    shutil.copy(ROOT / "params.yaml", paths.root)
    folder = paths.root / "data" / "studies" / "fits"

    def study(models: int) -> int:
        """Run in a process of its own that is killed once it has written so many models."""
        command = [sys.executable, "-c", SCRIPT, str(models)]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # its workers outlive it by minutes
        return subprocess.run(command, cwd=paths.root, env=os.environ | {"HAR_JOBS": "2"}, **silent).returncode

    def written() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in folder.glob("*/record.json")}

    assert study(2) == -signal.SIGKILL
    first = written()
    assert len(first) == 2
    assert study(0) == 0
    assert len(written()) == 4
    assert first.items() <= written().items()
