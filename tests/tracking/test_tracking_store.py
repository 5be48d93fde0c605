import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from har.errors import HarError
from har.tracking import store


def test_a_copy_made_by_dvc_for_an_experiment_uses_the_main_checkout(tmp_path):
    for copy in ("tmpab12", "standalone/tmpcd34", "standalone/tmpcd34/models"):
        folder = tmp_path / ".dvc" / "tmp" / "exps" / copy
        folder.mkdir(parents=True, exist_ok=True)
        assert store.home(folder) == tmp_path
        found = store.locate(folder)
        assert found.tracking_uri == f"sqlite:///{tmp_path}/mlflow.db"
        assert found.artifacts == tmp_path / "mlruns"


def test_any_other_folder_is_its_own_home(tmp_path):
    for folder in (tmp_path, tmp_path / ".dvc" / "tmp", tmp_path / "exps"):
        folder.mkdir(parents=True, exist_ok=True)
        assert store.home(folder) == folder


def test_the_working_directory_is_the_root_by_default(tmp_path, monkeypatch):
    folder = tmp_path / ".dvc" / "tmp" / "exps" / "tmpab12"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    assert store.locate().root == tmp_path


def test_a_relative_sqlite_address_is_relative_to_the_main_checkout(tmp_path, monkeypatch):
    folder = tmp_path / ".dvc" / "tmp" / "exps" / "tmpab12"
    folder.mkdir(parents=True)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///kept/runs.db")
    found = store.locate(folder)
    assert found.tracking_uri == found.registry_uri == f"sqlite:///{tmp_path}/kept/runs.db"
    assert found.artifacts == tmp_path / "kept" / "mlruns"
    assert found.ledger(Path("docs/promotions.jsonl")) == tmp_path / "kept" / "promotions.jsonl"


def test_a_server_decides_about_artifacts_and_its_ledger_is_in_the_repository(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example.org")
    found = store.locate(tmp_path)
    assert found.artifacts is None
    assert found.shared
    assert found.ledger(Path("docs/promotions.jsonl")) == tmp_path / "docs" / "promotions.jsonl"


def test_a_registry_of_its_own_is_respected(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "https://registry.example.org")
    found = store.locate(tmp_path)
    assert (found.tracking_uri, found.registry_uri) == (
        f"sqlite:///{tmp_path}/mlflow.db",
        "https://registry.example.org",
    )
    assert found.shared


@pytest.mark.parametrize(
    "uri", ["mlruns", "file:///tmp/mlruns", "sqlite://", "sqlite:///:memory:", "ftp://u:secret@host/x"]
)
def test_an_address_that_cannot_work_is_named_without_its_password(tmp_path, monkeypatch, uri):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(HarError, match="MLFLOW_TRACKING_URI is") as caught:
        store.locate(tmp_path)
    assert "secret" not in str(caught.value)


def test_the_default_store_is_the_one_that_plain_mlflow_ui_shows(tracking):
    tracking.check()
    assert sorted(path.name for path in tracking.root.iterdir()) == ["mlflow.db", "mlruns"]
    experiment = tracking.experiment("hapt")
    assert tracking.experiment("hapt") == experiment
    location = tracking.client().get_experiment(experiment).artifact_location
    assert location == (tracking.root / "mlruns" / "hapt").as_uri()


def test_a_deleted_experiment_is_one_sentence(tracking):
    tracking.client().delete_experiment(tracking.experiment("hapt"))
    with pytest.raises(HarError, match="mlflow experiments restore"):
        tracking.experiment("hapt")


def test_telemetry_and_unpickling_are_off_once_a_client_exists(tracking, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")
    tracking.client()
    from mlflow.environment_variables import MLFLOW_ALLOW_PICKLE_DESERIALIZATION
    from mlflow.telemetry.utils import is_telemetry_disabled

    assert MLFLOW_ALLOW_PICKLE_DESERIALIZATION.get() is False
    assert is_telemetry_disabled()


def test_two_first_uses_at_once_both_succeed(tmp_path):
    code = "import sys; from pathlib import Path; from har.tracking.store import locate\n"
    code += "s = locate(Path(sys.argv[1])); s.check(); print(s.experiment('hapt'))"
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [process.communicate() for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    assert said[0][0] == said[1][0]


def unused_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}", "postgresql://har:secret@127.0.0.1:{port}/mlflow"])
def test_an_unreachable_server_is_one_line(tmp_path, monkeypatch, address):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address.format(port=unused_port()))
    with pytest.raises(HarError, match=r"does not answer.*MLFLOW_TRACKING_URI") as caught:
        store.locate(tmp_path).check()
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "MLFLOW_HTTP_REQUEST_MAX_RETRIES" not in os.environ


def test_a_server_that_accepts_and_says_nothing_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "PATIENCE_S", 1)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(HarError, match="does not answer"):
            store.locate(tmp_path).check()


def test_a_file_that_is_no_database_is_named_and_kept(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"not a database" * 100)
    with pytest.raises(HarError, match=r"mlflow\.db, the MLflow store, is damaged"):
        store.locate(tmp_path).check()
    assert (tmp_path / "mlflow.db").read_bytes() == b"not a database" * 100


def test_a_database_with_damaged_pages_is_named(tracking):
    file = tracking.root / "mlflow.db"
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 40] = os.urandom(4096 * 37)
    file.write_bytes(content)
    with pytest.raises(HarError, match="is damaged"):
        tracking.check()


def test_a_store_of_another_mlflow_version_says_what_to_do(tracking):
    with closing(sqlite3.connect(tracking.root / "mlflow.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    with pytest.raises(HarError, match="cannot be used as the MLflow store"):
        tracking.check()


def test_a_locked_database_is_one_line(tracking, monkeypatch):
    monkeypatch.setattr(store, "PATIENCE_S", 0.1)
    with closing(sqlite3.connect(tracking.root / "mlflow.db", isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(HarError, match=r"cannot be written .*locked"):
            tracking.check()
    tracking.check()
