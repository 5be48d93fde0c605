"""A network as JSON: a file that anybody can read, and that can hold no code.

`{"format": 1, "about": {...}, "input": {"mean": [...], "scale": [...]}, "layers": [{"kind": "dense", ...}, ...]}`.
Python writes every float so that it is read back as the same one.
"""

import json
from random import Random
from typing import Any, NoReturn

from .layers import Dense, Dropout, Input, Layer, Relu, Sigmoid, Softmax, Tanh
from .network import Network

FORMAT = 1
PLAIN: dict[str, type[Layer]] = {"relu": Relu, "tanh": Tanh, "sigmoid": Sigmoid, "softmax": Softmax}


def dumps(network: Network, about: dict[str, Any]) -> str:
    """The network and what is to be known about it, as JSON; equal networks give equal text."""
    document = {
        "format": FORMAT,
        "about": about,
        "input": {"mean": network.source.mean, "scale": network.source.scale},
        "layers": [_describe(layer) for layer in network.layers],
    }
    return json.dumps(document, allow_nan=False, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def loads(text: str, where: str = "network") -> tuple[Network, dict[str, Any]]:
    """The network in a JSON text, and what it says about itself.

    where: the name of the text in messages, such as a path. Raises: ValueError that says what is wrong and where.
    """
    try:
        document = json.loads(text, parse_constant=_refuse)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ValueError(f"it is no network of format {FORMAT}")
        layers = [_layer(number, item) for number, item in enumerate(_part(document, "layers", list))]
        source = _part(document, "input", dict)
        about: dict[str, Any] = _part(document, "about", dict)
        return Network(Input(_part(source, "mean", list), _part(source, "scale", list)), layers), about
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: {error}") from error


def _describe(layer: Layer) -> dict[str, Any]:
    if isinstance(layer, Dense):
        return {"kind": "dense", "weights": layer.weights, "bias": layer.bias, "l2": layer.l2}
    if isinstance(layer, Dropout):
        return {"kind": "dropout", "rate": layer.rate}
    return {"kind": next(kind for kind, known in PLAIN.items() if type(layer) is known)}


def _layer(number: int, item: Any) -> Layer:
    try:
        kind = _part(item, "kind", str)
        if kind == "dense":
            return Dense(_part(item, "weights", list), _part(item, "bias", list), _part(item, "l2", float))
        if kind == "dropout":
            return Dropout(_part(item, "rate", float), Random(number))
        if kind in PLAIN:
            return PLAIN[kind]()
        raise ValueError(f"there is no kind {kind!r}")
    except ValueError as error:
        raise ValueError(f"layers[{number}]: {error}") from error


def _part(item: Any, key: str, kind: type) -> Any:
    """The value of `key`, which must be there and of that kind."""
    value = item.get(key) if isinstance(item, dict) else None
    if not isinstance(value, kind):
        raise ValueError(f"{key} is missing or no {kind.__name__}")
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}, which is no finite number")
