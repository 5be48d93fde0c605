import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from exported_checkout import Checkout
from numpy.typing import NDArray
from test_tracking_store import unused_port

from har.datasets.schema import BASIC
from har.stages import promote

LOAD = """
import json, sys
import mlflow, numpy as np
model = mlflow.pyfunc.load_model("models:/har-cnn-lstm@champion")
rows = model.predict(np.load(sys.argv[1])).to_dict("records")
print(json.dumps({"rows": rows, "tensorflow": "tensorflow" in sys.modules, "har": "har" in sys.modules}))
"""


@pytest.fixture
def windows(checkout: Checkout) -> NDArray[np.float32]:
    """One test window of each activity, `[6, 128, 6]`, once its model is champion."""
    promote.run(checkout.params(), checkout.paths)
    found: NDArray[np.float32] = np.load(checkout.paths.processed / "windows.npy")[:6]
    return found


def environment() -> dict[str, str]:
    """Variables of a shell whose virtual environment is active and that wants no telemetry."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
    return {**os.environ, "PATH": path, **quiet}


def test_the_champion_loads_by_its_alias_in_the_root_without_tensorflow_or_har(checkout, windows):
    root = checkout.paths.root
    np.save(root / "windows.npy", windows)
    done = subprocess.run(
        [sys.executable, "-c", LOAD, "windows.npy"], cwd=root, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert (answer["tensorflow"], answer["har"]) == (False, False)
    assert [row["activity"] for row in answer["rows"]] == list(BASIC)
    for row in answer["rows"]:
        assert set(row) == {"activity", "confidence", *(f"p_{name}" for name in BASIC)}
        assert row["confidence"] == row[f"p_{row['activity']}"]
        assert sum(row[f"p_{name}"] for name in BASIC) == pytest.approx(1, abs=1e-5)


def test_the_version_names_its_packages_and_holds_no_pickle(checkout, windows):
    (model,) = (path.parent for path in (checkout.paths.root / "mlruns").rglob("MLmodel"))
    needed = (model / "requirements.txt").read_text().split()
    assert sorted(line.split("==")[0] for line in needed) == ["ai-edge-litert", "mlflow", "numpy", "pandas"]
    assert [path for path in model.rglob("*") if path.suffix in (".pkl", ".pickle", ".joblib")] == []
    from mlflow.models import Model

    (tensor,) = Model.load(str(model)).get_input_schema().inputs
    assert (tensor.type, tensor.shape) == (np.dtype(np.float32), (-1, 128, 6))


@contextmanager
def served(root: Path):
    port = unused_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/har-cnn-lstm@champion"]
    command += ["--env-manager", "local", "-p", str(port)]
    with (root / "serve.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=root, env=environment(), stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5)
                break
            except OSError:
                assert server.poll() is None, (root / "serve.log").read_text()
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, 9)
        server.wait()


def post(address: str, body: dict) -> dict:
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_mlflow_serves_the_champion_and_refuses_windows_of_another_shape(checkout, windows):
    with served(checkout.paths.root) as address:
        answer = post(address, {"inputs": windows[3:4].tolist()})
        assert [row["activity"] for row in answer["predictions"]] == ["sitting"]
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(address, {"inputs": windows[:1, :64].tolist()})
        assert refused.value.code == 400
