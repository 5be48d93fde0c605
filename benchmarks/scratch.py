"""The network in pure Python beside the same network in NumPy and in Keras.

`python benchmarks/scratch.py` times training and inference. With `--scores` it trains five seeds in pure Python and in
Keras on the real features and scores both on the test subjects; with `--curves` it draws docs/scratch.md's figures.
Both need what `dvc repro featurize` makes.
"""

import argparse
import statistics
import sys
import time
from array import array
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import scratch_curves
import scratch_twins as twins
from threadpoolctl import threadpool_limits

from har import params
from har.models.examples import Examples, both, class_weights, scores
from har.models.families import family, family_knobs, scratch_mlp
from har.models.families.scratch_mlp import Knobs
from har.models.runtime import prepare
from har.models.scratch import files
from har.models.scratch.losses import CrossEntropy
from har.models.scratch.training import best_epoch
from har.parallel import ordered_map
from har.paths import Paths
from har.stages import inputs

ROOT = Path(__file__).resolve().parents[1]
SEEDS = (0, 1, 2, 3, 4)
TURNS, BATCHES = 7, 8  # of the timing: the median of so many turns over so many batches
CLASSES, FEATURES = 6, 922


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scores", action="store_true", help="five seeds of each on the test subjects")
    parser.add_argument("--curves", action="store_true", help="draw docs/images/scratch-*.png")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout whose features are read")
    chosen = parser.parse_args()
    knobs = family_knobs("scratch_mlp", params.load(ROOT / "params.yaml").train.family("scratch_mlp"))
    assert isinstance(knobs, Knobs)
    if chosen.scores:
        compare(knobs, chosen.root)
    if chosen.curves:
        table = inputs.read(params.load(ROOT / "params.yaml"), Paths(chosen.root), "features")
        scratch_curves.draw(table.side("train").examples(), table.side("validation").examples(), knobs, ROOT)
    if not (chosen.scores or chosen.curves):
        measure(knobs)
    return 0


def compare(knobs: Knobs, root: Path) -> None:
    """Print macro-F1 on the test subjects, a row a seed."""
    table = inputs.read(params.load(ROOT / "params.yaml"), Paths(root), "features")
    sides = [table.side(name).examples() for name in ("train", "validation", "test")]
    found = np.array(ordered_map(partial(pair, sides, knobs, table.activities), SEEDS, label="seeds"))
    print("| seed | pure Python, macro-F1 | Keras, macro-F1 | epochs | seconds of CPU |")
    print("|---:|---:|---:|---:|---:|")
    for seed, (ours, its, epochs, seconds) in zip(SEEDS, found, strict=True):
        print(f"| {seed} | {ours:.4f} | {its:.4f} | {epochs:.0f} | {seconds:.0f} |")
    mean, spread = found.mean(axis=0), found.std(axis=0, ddof=1)
    cells = [f"{mean[i]:.4f} ± {spread[i]:.4f}" for i in (0, 1)]
    print(f"| mean ± sd | {cells[0]} | {cells[1]} | {mean[2]:.1f} | {mean[3]:.0f} |")


def pair(sides: list[Examples], knobs: Knobs, activities: tuple[str, ...], seed: int) -> tuple[float, ...]:
    """Test macro-F1 of one seed in pure Python, as the pipeline trains it, and in Keras; epochs; CPU seconds."""
    train, validation, test = sides
    started = time.process_time()
    trained = family("scratch_mlp").fit(train, validation, knobs, activities, seed, 1)
    seconds = time.process_time() - started
    network, _ = files.loads(trained.payload.decode())
    epochs = best_epoch(trained.history)
    answers = twins.keras_answers(both(train, validation), test.x, knobs, len(activities), seed, epochs)
    f1 = [scores(found, test.y)["macro_f1"] for found in (scratch_mlp.answers(network, test.x), twins.softmax(answers))]
    return f1[0], f1[1], epochs, seconds


def measure(knobs: Knobs) -> None:
    """Print windows a second, one thread each; the three take turns, and CPU time counts."""
    random = np.random.default_rng(0)
    x = random.standard_normal((knobs.batch * BATCHES, FEATURES))
    y = random.integers(0, CLASSES, len(x))
    with threadpool_limits(1):
        prepare(0, 1)
        trainers, predictors = candidates(Examples(x, y, y), knobs)
        for title, runs in (("training", trainers), ("inference", predictors)):
            rates = windows_a_second(runs, len(x))
            print(f"{title}, {FEATURES} features, hidden {list(knobs.hidden)}, batches of {knobs.batch}, one thread")
            for name, rate in rates.items():
                print(f"  {name:<12} {rate:>11,.0f} windows/s {rate / rates['pure Python']:>8.1f}x")


Runs = dict[str, Callable[[], object]]


def candidates(examples: Examples, knobs: Knobs) -> tuple[Runs, Runs]:
    """What trains on all batches once, and what answers all of them, for each of the three."""
    network = twins.first(examples, knobs, CLASSES, 0)
    by_numpy, by_keras = twins.NumpyNetwork(network, knobs, 0), twins.keras_model(network, knobs, 0)
    batches = [slice(begin, begin + knobs.batch) for begin in range(0, len(examples.y), knobs.batch)]
    x = twins.standardised(network, examples.x)
    wide, y = x.astype(np.float64), examples.y
    rows, labels = [array("d", row.tobytes()) for row in wide], y.tolist()
    optimiser, loss = scratch_mlp.optimiser(knobs), CrossEntropy(class_weights(y, CLASSES).tolist())

    def pure(at: slice) -> None:
        out = network.forward(rows[at], training=True)
        network.backward(loss.gradient(out, labels[at]))
        optimiser.step(network.parameters(), network.gradients())

    trainers: Runs = {
        "pure Python": lambda: [pure(at) for at in batches],
        "NumPy": lambda: [by_numpy.step(wide[at], y[at]) for at in batches],
        "Keras": lambda: [by_keras.train_on_batch(x[at], y[at]) for at in batches],
    }
    predictors: Runs = {
        "pure Python": lambda: [network.forward(rows[at]) for at in batches],
        "NumPy": lambda: [by_numpy.forward(wide[at]) for at in batches],
        "Keras": lambda: [by_keras.predict_on_batch(x[at]) for at in batches],
    }
    return trainers, predictors


def windows_a_second(runs: Runs, windows: int) -> dict[str, float]:
    """Median over the turns; the first, uncounted turn warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(TURNS + 1):
        for name, run in runs.items():
            started = time.process_time()
            run()
            if turn:
                seconds[name].append(time.process_time() - started)
    return {name: windows / statistics.median(values) for name, values in seconds.items()}


if __name__ == "__main__":
    sys.exit(main())
