import gzip
import io
import os
import pickle
import pickletools
from typing import Any

import numpy as np
import pytest

from har.datasets import frames
from har.errors import HarError


def test_plain_values_are_read() -> None:
    assert frames.load(pickle.dumps({1: [2.0, "three"]}, protocol=2)) == {1: [2.0, "three"]}


class _Runs:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("function", "argument"), [(os.system, "touch {}"), (eval, "open('{}', 'w')"), (exec, "open('{}', 'w')")]
)
def test_a_pickle_that_would_run_something_is_refused(
    tmp_path: Any, function: Any, argument: str, protocol: int
) -> None:
    target = tmp_path / "harm"
    with pytest.raises(HarError, match=r"the pickle asks for \w+\.\w+, which no frame needs, and is refused"):
        frames.load(pickle.dumps([_Runs(function, argument.format(target))], protocol=protocol))
    assert not target.exists()


@pytest.mark.parametrize(
    "program",
    [
        b"cnumpy.core.multiarray\nndarray\n.",
        b"\x80\x04\x8c\x05numpy\x8c\x0dndarray.tobyt\x93.",
        b"c__builtin__\ngetattr\n.",
        b"cpandas.core.frame\nDataFrame.columns\n.",
        b"ccopy_reg\n_reconstructor\n(cnumpy\nndarray\nc__builtin__\nobject\nNtR.",
        b"cnumpy.core.multiarray\n_reconstruct\n(c__builtin__\nslice\nNNtR.",
        b"cpandas.core.indexes.base\n_new_Index\n(c__builtin__\nslice\n}tR.",
        b"c_codecs\nencode\n(Vx\nVrot13\ntR.",
    ],
)
def test_admitted_names_serve_their_one_purpose(program: bytes) -> None:
    with pytest.raises(HarError, match=r"the pickle asks|damaged"):
        frames.load(program)


@pytest.mark.parametrize("content", [b"", b"\x80", b"hello", b"(", b"K\x01", pickle.dumps([1, 2])[:-3]])
def test_damage_is_one_sentence(content: bytes) -> None:
    with pytest.raises(HarError, match="the pickle is damaged"):
        frames.load(content)


def test_an_array_keeps_its_values() -> None:
    array = np.arange(6.0).reshape(2, 3)
    data = array.tobytes()
    shape = b"(K\x02K\x03t"
    buffer = b"c_codecs\nencode\n(V" + _unicode(data) + b"\nVlatin1\ntR"
    kind = b"cnumpy\ndtype\n(Vf8\nK\x00K\x01tR(K\x03V<\nNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    empty = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tVb\ntR"
    read = frames.load(empty + b"(K\x01" + shape + kind + b"I00\n" + buffer + b"tb.")
    np.testing.assert_array_equal(read, array)


def _unicode(data: bytes) -> bytes:
    return "".join(f"\\u{byte:04x}" for byte in data).encode()


def test_a_frame_of_another_layout_is_one_sentence() -> None:
    frame = frames.load(b"ccopy_reg\n_reconstructor\n(cpandas.core.frame\nDataFrame\nc__builtin__\nobject\nNtR}b.")
    with pytest.raises(HarError, match="not laid out as those of pandas"):
        frame.columns()


def test_the_package_s_resource_names_nothing_else() -> None:
    import importlib.metadata

    from har.datasets import hapt

    resource = importlib.metadata.distribution(hapt.PACKAGE).locate_file(hapt.RESOURCE)
    with gzip.open(io.BytesIO(resource.read_bytes())) as file:  # type: ignore[attr-defined]
        head = file.read(1 << 20)  # the names are all in the first frame; later uses are looked up in the memo
    named = set()
    try:
        for operation, argument, _ in pickletools.genops(head):
            if operation.name == "GLOBAL":
                named.add(tuple(str(argument).split(" ")))
    except ValueError:
        pass  # the head ends within an operation
    assert named <= set(frames._ADMITTED)
