from random import Random

import pytest
from sklearn.metrics import f1_score

from har.models.scratch.layers import Dense, Dropout, Input
from har.models.scratch.losses import CrossEntropy, MeanSquaredError
from har.models.scratch.metrics import accuracy, macro_f1
from har.models.scratch.network import Network, perceptron
from har.models.scratch.optimisers import Adam, Sgd
from har.models.scratch.schedules import constant, cosine, exponential
from har.models.scratch.training import Labelled, Plan, best_epoch, train

NAN = float("nan")


def ring(count: int, seed: int, confusion: float = 0.0) -> Labelled:
    """Points of a plane, in units a thousand times apart: inside a ring or outside; some labels are wrong."""
    random = Random(seed)
    rows = [[random.gauss(0, 1), random.gauss(5000, 1000)] for _ in range(count)]
    labels = [int(x * x + ((y - 5000) / 1000) ** 2 > 1.4) ^ int(random.random() < confusion) for x, y in rows]
    return Labelled(rows, labels)


def trained(examples: Labelled, plan: Plan, validation: Labelled | None = None, hidden: int = 12) -> tuple:
    network = perceptron(Input.fitted(examples.rows), [hidden], 2, dropout=0.1, l2=1e-4, seed=3)
    return network, train(network, examples, plan, Adam(), CrossEntropy(), validation)


def test_it_learns_what_no_straight_line_can_tell_apart() -> None:
    validation = ring(300, seed=1)
    network, history = trained(ring(400, seed=0), Plan(40, 20, cosine(0.03, 40)), validation)
    named = [row.index(max(row)) for row in network.probabilities(validation.rows)]
    assert accuracy(validation.labels, named) == history["validation_accuracy"][best_epoch(history) - 1] > 0.95
    assert {len(values) for values in history.values()} == {40}
    assert history["loss"][-1] < history["loss"][0] / 3


def test_the_same_seed_gives_the_same_network() -> None:
    plan = Plan(3, 20, constant(0.01), seed=5)
    (one, first), (two, second) = (trained(ring(100, seed=0), plan) for _ in range(2))
    assert one.parameters() == two.parameters()
    assert first == second
    other, _ = trained(ring(100, seed=0), Plan(3, 20, constant(0.01), seed=6))
    assert other.parameters() != one.parameters()


def test_it_stops_early_and_keeps_the_best_epoch_s_weights() -> None:
    examples, validation = ring(40, seed=0, confusion=0.3), ring(200, seed=1)
    network, history = trained(examples, Plan(200, 8, constant(0.05), patience=5), validation, hidden=30)
    assert len(history["loss"]) == best_epoch(history) + 5 < 200
    scores = network.forward(network.source.forward(validation.rows))
    assert CrossEntropy().value(scores, validation.labels) == min(history["validation_loss"])


def test_schedules() -> None:
    assert [constant(0.1)(epoch) for epoch in (0, 7.5)] == [0.1, 0.1]
    assert [exponential(0.1, 0.5)(epoch) for epoch in (0, 1, 3)] == pytest.approx([0.1, 0.05, 0.0125])
    assert [cosine(0.1, 10)(epoch) for epoch in (0, 5, 10, 12)] == pytest.approx([0.1, 0.05, 0.0, 0.0])


def test_macro_f1_is_scikit_learn_s() -> None:
    random = Random(0)
    labels, answers = ([random.randrange(4) for _ in range(200)] for _ in range(2))
    labels = [0 if label == 3 else label for label in labels]  # 3 is answered but never right
    expected = f1_score(labels, answers, labels=[0, 1, 2], average="macro")
    assert macro_f1(labels, answers) == pytest.approx(expected, rel=1e-12)


def test_a_constant_column_stays_finite() -> None:
    source = Input.fitted([[0.1, float(i)] for i in range(10)])
    assert source.scale[0] == 1.0
    assert source.forward([[0.1, 4.5]])[0].tolist() == pytest.approx([0.0, 0.0], abs=1e-15)


GOOD = ring(10, seed=0)


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        ([], [], r"inputs: there are no rows"),
        ([[1.0, 2.0], [1.0]], [0, 1], r"inputs: row 1 has 1 numbers where 2 are needed"),
        ([[1.0, 2.0], [1.0, NAN]], [0, 1], r"inputs: row 1, column 1 is nan"),
        ([[1.0, 2.0], ["three", 1.0]], [0, 1], r"inputs: row 1, column 0 is 'three'"),
        ([[1.0, 2.0], [10**400, 1.0]], [0, 1], r"inputs: row 1, column 0 is 1000"),
        ([[1.0, 2.0], [3.0, 4.0]], [0], r"labels: there are 1 for 2 rows"),
        ([[1.0, 2.0], [3.0, 4.0]], [0, 2], r"labels: row 1 has 2: it must be a whole number from 0 to 1"),
        ([[1.0, 2.0], [3.0, 4.0]], [-1, 0], r"labels: row 0 has -1"),
        ([[1.0, 2.0], [3.0, 4.0]], [0, 0.5], r"labels: row 1 has 0\.5"),
    ],
)
def test_bad_examples_are_refused_by_name(rows: list, labels: list, message: str) -> None:
    network = perceptron(Input([0.0, 0.0], [1.0, 1.0]), [3], 2)
    before = [list(row) for row in network.parameters()]
    plan = Plan(1, 2, constant(0.1))
    with pytest.raises(ValueError, match=message):
        train(network, Labelled(rows, labels), plan, Sgd(), CrossEntropy())
    with pytest.raises(ValueError, match=message):
        train(network, GOOD, plan, Sgd(), CrossEntropy(), Labelled(rows, labels))
    assert network.parameters() == before


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Input.fitted([]), "training inputs: there are no rows"),
        (lambda: Input([0.0], [0.0]), r"input: a scale is 0\.0"),
        (lambda: Input([0.0, 1.0], [1.0]), r"input \(mean, scale\): row 1 has 1 numbers where 2"),
        (lambda: Dense([[1.0], [1.0, 2.0]]), "dense: weights: row 1 has 2"),
        (lambda: Dense([[1.0], [2.0]], [0.0]), "dense: bias: row 0 has 1"),
        (lambda: Dense([[1.0]], l2=-1.0), r"dense: l2 is -1\.0"),
        (lambda: Dropout(1.0, Random(0)), r"dropout: rate is 1\.0"),
        (lambda: Network(Input([0.0], [1.0]), [Dense([[1.0, 2.0]])]), "dense layer 0 takes 2 numbers where 1 come"),
        (lambda: Network(Input([0.0], [1.0]), []), "a network needs a layer"),
        (lambda: Adam(0.0), r"optimiser: rate is 0\.0"),
        (lambda: Plan(0, 1, constant(0.1)), "plan: epochs is 0"),
        (lambda: Plan(1, 1, constant(0.1), patience=0), "plan: patience is 0"),
        (lambda: CrossEntropy([1.0]).check([0, 1], 2, 2), "weights of the classes: row 0 has 1"),
        (lambda: MeanSquaredError().check([[1.0]], 2, 1), "targets: there are 1 for 2 rows"),
        (lambda: MeanSquaredError().check([[1.0], [NAN]], 2, 1), "targets: row 1, column 0 is nan"),
    ],
)
def test_bad_parts_are_refused_by_name(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
