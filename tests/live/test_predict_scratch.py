import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from har import params
from har.cli import app
from har.errors import HarError
from har.live.network_runner import NetworkRunner
from har.live.predict import predict
from har.models.examples import Examples
from har.models.families import family, family_knobs, scratch_mlp
from har.signals import features
from har.signals.windows import cut
from phone import RATE_HZ, STRETCH_S, canonical_samples, write_csv

PARAMS = params.load(Path(__file__).parents[2] / "params.yaml")
ACTIVITIES = ("standing", "walking", "laying")
KNOBS = {"hidden": [8], "epochs": 12, "dropout": 0.0, "learning_rate": 0.01, "batch": 8, "patience": 12}


def recorded(seed: int) -> NDArray[np.float64]:
    """Standing, walking and laying, `[1500, 6]`, with a sensor's noise: no phone is ever quite still."""
    samples = canonical_samples(RATE_HZ)
    return samples + 0.02 * np.random.default_rng(seed).standard_normal(samples.shape)  # m/s^2, rad/s


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that has learned from a phone at the waist, as the train stage would write it."""
    samples = recorded(seed=0)
    third = round(STRETCH_S * RATE_HZ)
    parts = [cut(samples[i * third : (i + 1) * third], 128, 16) for i in range(3)]
    x = features.extract(np.concatenate(parts), RATE_HZ, **PARAMS.featurize.model_dump())
    y = np.repeat(range(3), [len(part) for part in parts])
    knobs = family_knobs("scratch_mlp", PARAMS.train.family("scratch_mlp") | KNOBS)
    made = family("scratch_mlp").fit(Examples(x, y, np.ones_like(y)), None, knobs, ACTIVITIES, 0, 1)
    path = tmp_path_factory.mktemp("model") / "scratch_mlp.json"
    path.write_bytes(scratch_mlp.stamp(made.payload, PARAMS))
    return path


def changed(network: Path, tmp_path: Path, **values: object) -> Path:
    """The same file, saying something else about itself."""
    document = json.loads(network.read_text())
    document["about"] |= values
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(document))
    return path


def test_a_recording_is_labelled_by_the_json_file_alone(tmp_path: Path, network: Path) -> None:
    file = write_csv(tmp_path / "walk.csv", recorded(seed=1))
    found = predict(file, network)
    assert found["activity"].tolist() == ["standing", "walking", "laying"]
    np.testing.assert_allclose(found["start_s"], [0, STRETCH_S, 2 * STRETCH_S], atol=2)
    rows = predict(file, network, windows=True)
    assert list(rows)[4:] == ["p_standing", "p_walking", "p_laying"]
    windows = cut(recorded(seed=1), 128, 64)
    expected = NetworkRunner(network).probabilities(windows)
    np.testing.assert_array_equal(np.column_stack([rows[name] for name in list(rows)[4:]]), expected)


def test_the_command_takes_it(tmp_path: Path, network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_csv(tmp_path / "walk.csv", recorded(seed=1))
    app(["predict", str(file), "--model", str(network)], standalone_mode=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "start_s,end_s,activity,confidence"
    assert [line.split(",")[2] for line in lines[1:]] == ["standing", "walking", "laying"]


def test_what_does_not_fit_is_named(tmp_path: Path, network: Path) -> None:
    file = write_csv(tmp_path / "walk.csv", recorded(seed=1))
    for values, message in (
        ({"features": "0" * 64}, "takes other features than this version of har computes"),
        ({"activities": ["walking"]}, "has 3 outputs for 1 activities"),
        ({"rate_hz": -50}, r"about\.rate_hz: "),
        ({"step": None}, r"about\.step: "),
    ):
        with pytest.raises(HarError, match=rf"changed\.json.*{message}"):
            predict(file, changed(network, tmp_path, **values))
    (tmp_path / "report.json").write_text('{"accuracy": 1}')
    with pytest.raises(HarError, match=r"report\.json: it is no network of format 1"):
        predict(file, tmp_path / "report.json")


def test_labelling_needs_none_of_the_heavy_libraries(tmp_path: Path, network: Path) -> None:
    file = write_csv(tmp_path / "walk.csv", recorded(seed=1))
    program = (
        "import sys; from pathlib import Path; from har.live.predict import run; "
        "run(Path(sys.argv[1]), Path(sys.argv[2])); "
        "print({'tensorflow', 'keras', 'mlflow', 'great_expectations', 'pandas', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program, file, network], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
