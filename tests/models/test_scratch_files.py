import json
from random import Random

import pytest

from har.models.scratch.files import dumps, loads
from har.models.scratch.initialisers import glorot
from har.models.scratch.layers import Dense, Dropout, Input, Relu, Sigmoid, Softmax, Tanh
from har.models.scratch.network import Network, perceptron

ROWS = [[0.1, 200.0, -3e-7], [0.3, 100.0, 1e-7], [0.2, -50.0, 0.0]]


def text() -> str:
    return dumps(perceptron(Input.fitted(ROWS), [4], 2, dropout=0.2, l2=0.01, seed=1), {"name": "né"})


def test_a_network_comes_back_bit_by_bit() -> None:
    random = Random(0)
    kinds = [Relu(), Tanh(), Sigmoid(), Dropout(0.5, random), Dense(glorot(random, 3, 2)), Softmax()]
    network = Network(Input.fitted(ROWS), [Dense(glorot(random, 3, 3), l2=0.5), *kinds])
    again, about = loads(dumps(network, {"name": "né"}))
    assert about == {"name": "né"}
    assert again.probabilities(ROWS) == network.probabilities(ROWS)
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in network.layers]
    assert dumps(again, about) == dumps(network, about)
    assert again.layers[0].penalty() == network.layers[0].penalty() > 0


def broken(path: list, value: object) -> str:
    """The text of a network with another value at one place."""
    document = json.loads(text())
    part = document
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (text()[:-40], "net.json: "),
        ("", "net.json: Expecting value"),
        ("[" * 100_000, "net.json: "),
        ("[1, 2]", "net.json: it is no network of format 1"),
        (broken(["format"], 2), "net.json: it is no network of format 1"),
        (broken(["layers"], {}), "net.json: layers is missing or no list"),
        (broken(["layers"], []), "net.json: a network needs a layer"),
        (broken(["about"], None), "net.json: about is missing"),
        (broken(["input", "mean", 1], float("nan")), "net.json: it holds NaN"),
        (broken(["input", "mean", 1], "x"), r"net.json: input \(mean, scale\): row 0, column 1 is 'x'"),
        (broken(["input", "scale", 2], 0), "net.json: input: a scale is 0"),
        (broken(["layers", 0, "kind"], "convolution"), r"net.json: layers\[0\]: there is no kind 'convolution'"),
        (broken(["layers", 0, "weights", 2], [1.0]), r"net.json: layers\[0\]: dense: weights: row 2 has 1 numbers"),
        (broken(["layers", 0, "weights", 2], 7), r"net.json: layers\[0\]: dense: weights: row 2 is 7, which is no row"),
        (broken(["layers", 0, "bias"], [1.0]), r"net.json: layers\[0\]: dense: bias: row 0 has 1 numbers"),
        (broken(["layers", 2, "rate"], 1.5), r"net.json: layers\[2\]: dropout: rate is 1.5"),
        (broken(["layers", 3], "dense"), r"net.json: layers\[3\]: kind is missing"),
        (broken(["layers", 3, "weights"], [[1.0], [2.0]]), "net.json: dense layer 1 takes 1 numbers where 4 come"),
    ],
)
def test_a_broken_file_is_refused_by_name(content: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loads(content, "net.json")


def test_what_is_not_finite_is_not_written() -> None:
    network = perceptron(Input.fitted(ROWS), [4], 2)
    network.parameters()[0][0] = float("inf")
    with pytest.raises(ValueError, match="Out of range float"):
        dumps(network, {})
