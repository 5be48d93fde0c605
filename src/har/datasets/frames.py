"""Pickled frames of pandas 0.x, read without pandas and without trusting them.

A pickle is a program. This reader lets it name only the dozen things that such a frame is made of, and gives it
inert stand-ins for them, so that nothing of the writer's choice is ever called.
"""

import io
import pickle
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from har.errors import HarError


class _Inert:
    """Takes the state that the pickle gives it, and does nothing with it."""

    state: Any = None

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        self.state = state


class Frame(_Inert):
    """Stands in for pandas' DataFrame."""

    def columns(self) -> dict[str, NDArray[Any]]:
        """Columns by name, each `[n]`; a frame that is not laid out as pandas 0.x did is a `HarError`."""
        try:
            # The state of a block manager ends with a description that all pandas since 0.14.1 can read.
            described = self.state["_data"].state[3]["0.14.1"]
            names = list(described["axes"][0].state["data"])
            columns: dict[str, NDArray[Any]] = {}
            for block in described["blocks"]:
                rows = range(*block["mgr_locs"].indices(len(names)))
                columns |= {str(names[row]): values for row, values in zip(rows, block["values"], strict=True)}
            return {name: columns[name] for name in names}
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise HarError("the pickle holds a frame that is not laid out as those of pandas 0.x.") from error


class _BlockManager(_Inert):
    pass


class _Index(_Inert):
    pass


class _RangeIndex(_Inert):
    pass


class _ArrayType(_Inert):
    pass


def _reconstructor(kind: Any, _base: object, _state: object) -> object:
    if kind not in (Frame, _BlockManager):
        raise HarError(f"the pickle asks to build {kind!r}, which no frame is made of.")
    return kind()


def _new_index(kind: Any, state: object) -> object:
    if kind not in (_Index, _RangeIndex):
        raise HarError(f"the pickle asks for an index of {kind!r}, which no frame has.")
    index: _Inert = kind()
    index.state = state
    return index


def _new_array(kind: Any, _shape: object, _type: object) -> NDArray[Any]:
    if kind is not _ArrayType:
        raise HarError(f"the pickle asks for an array of {kind!r}, which no frame has.")
    return np.ndarray((0,), dtype="b")


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise HarError(f"the pickle asks for the codec {encoding!r}, which no frame needs.")
    return text.encode("latin1")


_ADMITTED: Final[Mapping[tuple[str, str], Callable[..., Any]]] = {
    ("copy_reg", "_reconstructor"): _reconstructor,
    ("pandas.core.frame", "DataFrame"): Frame,
    ("__builtin__", "object"): object,
    ("pandas.core.internals.managers", "BlockManager"): _BlockManager,
    ("pandas.core.indexes.base", "_new_Index"): _new_index,
    ("pandas.core.indexes.base", "Index"): _Index,
    ("numpy.core.multiarray", "_reconstruct"): _new_array,
    ("numpy", "ndarray"): _ArrayType,
    ("_codecs", "encode"): _encode,
    ("numpy", "dtype"): np.dtype,
    ("pandas.core.indexes.range", "RangeIndex"): _RangeIndex,
    ("__builtin__", "slice"): slice,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise HarError(f"the pickle asks for {module}.{name}, which no frame needs, and is refused.") from None


def load(data: bytes) -> Any:
    """The value in a pickle of lists, dicts, numbers and frames; any other name in it is a `HarError`."""
    try:
        return _Unpickler(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise HarError(f"the pickle is damaged ({error}).") from error
