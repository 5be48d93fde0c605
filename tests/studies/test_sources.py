import subprocess
import sys
from pathlib import Path

import pytest

from har.studies import sources

WITHIN = ("made",)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`made.top` uses `made.deep`, inside a function; nothing uses `made.other`."""
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "top.py").write_text("def fit():\n    from made.deep import value\n    return value\n")
    (folder / "deep.py").write_text("value = 1\n")
    (folder / "other.py").write_text("value = 1\n")
    return folder


def test_code_that_is_used_counts_however_deep(package: Path) -> None:
    before = sources.code_sha256(["made.top"], WITHIN)
    (package / "deep.py").write_text("value = 2\n")
    assert sources.code_sha256(["made.top"], WITHIN) != before


def test_code_that_is_not_used_does_not_count(package: Path) -> None:
    before = sources.code_sha256(["made.top"], WITHIN)
    (package / "other.py").write_text("value = 2\n")
    assert sources.code_sha256(["made.top"], WITHIN) == before


def test_comments_docstrings_and_layout_do_not_count(package: Path) -> None:
    before = sources.code_sha256(["made.top"], WITHIN)
    (package / "deep.py").write_text('"""About it."""\n\n\nvalue = (\n    1  # one\n)\n')
    assert sources.code_sha256(["made.top"], WITHIN) == before


def test_a_network_s_code_is_found_without_importing_tensorflow() -> None:
    script = (
        "import sys; from har.studies.sources import code_sha256; "
        "shas = {code_sha256([f'har.models.families.{name}'], ('har.models',)) for name in ('cnn', 'lstm')}; "
        "print(len(shas), 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "False"]
