import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from har import params as parameters
from har.datasets import store
from har.errors import HarError
from har.params import Params
from har.paths import Paths
from har.stages import download

ROOT = Path(__file__).parents[2]


def routed(settings: Any, *routes: str) -> Any:
    return settings.model_copy(update={"routes": routes})


@pytest.fixture
def params() -> Params:
    return parameters.load(ROOT / "params.yaml")


@pytest.fixture
def served(sample: Any, server: Any) -> Any:
    """A dataset whose https route leads to `server` and whose package route does not work."""
    from har.datasets import hapt

    def by_https(settings: Any, cache: Path) -> Any:
        return hapt.from_https(settings, cache, server.url)

    def missing(_settings: Any, _cache: Path) -> Any:
        raise HarError("it is not\ninstalled.")

    server.content = sample.zip()
    routes = {"package": missing, "https": by_https, "mirror": hapt.from_mirror}
    return replace(sample.dataset, routes=routes)


@pytest.fixture(scope="module")
def downloaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the stage says by the package route, and the root that it wrote to."""
    root = tmp_path_factory.mktemp("downloaded")
    chosen = parameters.load(ROOT / "params.yaml")
    chosen = chosen.model_copy(update={"download": routed(chosen.download, "package")})
    return download.run(chosen, Paths(root), "hapt"), root


def test_hapt_comes_to_its_folder(downloaded: tuple[str, Path]) -> None:
    line, root = downloaded
    assert line.startswith("download hapt: 61 recordings, 1,122,772 samples of 30 subjects by the package route (")
    folder = root / "data" / "raw" / "hapt"
    assert store.content_sha256(store.read(folder)) == download.catalog.get("hapt").content_sha256
    assert sorted(path.name for path in folder.iterdir()) == ["intervals.parquet", "manifest.json", "recordings"]
    assert len(list((folder / "recordings").iterdir())) == 61


def test_the_authors_archive_ends_in_the_same_bytes_and_replaces_what_was_there(
    params: Params, downloaded: tuple[str, Path], shared_hapt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAR_MIRROR", str(shared_hapt.parent))
    folder = tmp_path / "data" / "raw" / "hapt"
    folder.mkdir(parents=True)
    (folder / "stale").touch()
    download.run(params.model_copy(update={"download": routed(params.download, "mirror")}), Paths(tmp_path), "hapt")
    expected = downloaded[1] / "data" / "raw" / "hapt" / "manifest.json"
    assert (folder / "manifest.json").read_bytes() == expected.read_bytes()
    assert not (folder / "stale").exists()


def test_an_unknown_dataset_is_refused(params: Params, tmp_path: Path) -> None:
    with pytest.raises(HarError, match="'wisdm' is not known: choose from hapt"):
        download.run(params, Paths(tmp_path), "wisdm")


def test_the_next_route_is_taken_and_the_reason_said(
    served: Any, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recordings, route = download.retrieve(served, routed(settings, "package", "https", "mirror"), tmp_path)
    assert route == "https"
    assert store.content_sha256(recordings) == served.content_sha256
    assert capsys.readouterr().err == "download: no recordings by the route package: it is not installed.\n"


def test_routes_are_taken_in_the_order_of_the_settings(served: Any, settings: Any, tmp_path: Path, sample: Any) -> None:
    (tmp_path / "hapt.zip").write_bytes(sample.zip())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAR_MIRROR", str(tmp_path))
        assert download.retrieve(served, routed(settings, "mirror", "https"), tmp_path)[1] == "mirror"
        assert download.retrieve(served, routed(settings, "https", "mirror"), tmp_path)[1] == "https"


def test_a_route_that_the_dataset_lacks_is_passed_over_in_silence(
    served: Any, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    without = replace(served, routes={"https": served.routes["https"]})
    assert download.retrieve(without, routed(settings, "package", "https"), tmp_path)[1] == "https"
    assert capsys.readouterr().err == ""


def test_a_dataset_with_none_of_the_chosen_routes_says_which_it_has(served: Any, settings: Any, tmp_path: Path) -> None:
    without = replace(served, routes={"https": served.routes["https"]})
    with pytest.raises(HarError, match="has no package route: choose from https"):
        download.retrieve(without, routed(settings, "package"), tmp_path)


def test_content_that_is_not_the_published_leads_to_the_next_route(
    served: Any, settings: Any, sample: Any, server: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hapt.zip").write_bytes(sample.zip())
    changed = replace(sample, members=sample.members | {"RawData/labels.txt": b"1 1 5 1 150\n"})
    server.content = changed.zip()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAR_MIRROR", str(tmp_path))
        assert download.retrieve(served, routed(settings, "https", "mirror"), tmp_path)[1] == "mirror"
    assert "by the https route are not the published ones" in capsys.readouterr().err


def test_when_all_routes_fail_each_reason_is_told_and_nothing_changes(
    served: Any, settings: Any, params: Params, server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HAR_MIRROR", raising=False)
    monkeypatch.setattr(download.catalog, "get", lambda _: served)
    before = tmp_path / "data" / "raw" / "hapt" / "manifest.json"
    before.parent.mkdir(parents=True)
    before.write_text("before")
    server.answer(status=404)
    chosen = params.model_copy(update={"download": routed(settings, "package", "https", "mirror")})
    with pytest.raises(HarError) as caught:
        download.run(chosen, Paths(tmp_path), "hapt")
    text = str(caught.value)
    for reason in ("package: it is not installed.", "HTTP status 404", "mirror: the environment variable HAR_MIRROR"):
        assert reason in text
    assert "\n" not in text
    assert before.read_text() == "before"


def test_a_stage_that_was_killed_ends_the_same_the_next_time(
    params: Params, downloaded: tuple[str, Path], tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from har import params; from har.paths import Paths; "
        "from har.stages import download; "
        "download.run(params.load(Path(sys.argv[1])), Paths(Path(sys.argv[2])), 'hapt')"
    )
    folder = tmp_path / "data" / "raw" / "hapt"
    with subprocess.Popen([sys.executable, "-c", code, str(ROOT / "params.yaml"), str(tmp_path)]) as process:
        while not any(folder.with_name(".hapt.part").glob("recordings/*")):
            assert process.poll() is None
            time.sleep(0.001)
        os.kill(process.pid, signal.SIGKILL)
    assert not folder.exists()
    download.run(params, Paths(tmp_path), "hapt")
    expected = downloaded[1] / "data" / "raw" / "hapt" / "manifest.json"
    assert (folder / "manifest.json").read_bytes() == expected.read_bytes()
    assert store.read(folder)
    assert [path.name for path in folder.parent.iterdir()] == ["hapt"]
