"""The network needs Python and nothing else."""

import subprocess
import sys
from pathlib import Path

import har.models.scratch

FOLDER = Path(har.models.scratch.__file__).parent
PROGRAM = """
import importlib, sys
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module("scratch." + name)
found = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(found - set(sys.stdlib_module_names)))

from scratch.files import dumps, loads
from scratch.layers import Input
from scratch.losses import CrossEntropy
from scratch.network import perceptron
from scratch.optimisers import Adam
from scratch.schedules import constant
from scratch.training import Labelled, Plan, train

rows, labels = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]
network = perceptron(Input.fitted(rows), [8], 2, seed=1)
train(network, Labelled(rows, labels), Plan(200, 4, constant(0.05)), Adam(), CrossEntropy())
again, about = loads(dumps(network, {"gate": "exclusive or"}))
print(about["gate"], [round(row[1]) for row in again.probabilities(rows)])
"""


def test_it_imports_learns_and_saves_in_a_bare_interpreter() -> None:
    modules = [path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__"]
    command = [sys.executable, "-I", "-S", "-c", PROGRAM, str(FOLDER.parent), *modules]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['scratch']", "exclusive or [0, 1, 1, 0]"]
