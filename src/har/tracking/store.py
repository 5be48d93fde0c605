"""Where runs and registered models are kept, and whether that place can be used."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from har.errors import HarError
from har.tracking.lock import exclusive

if TYPE_CHECKING:
    from mlflow import MlflowClient

SQLITE = "sqlite:///"
REMOTE = ("http", "https", "databricks", "databricks-uc")  # schemes whose server chooses where artifacts go
DATABASES = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}  # schemes reached by SQL, and their usual ports
REFUSED = (401, 403)  # HTTP's answers to a wrong account
PATIENCE_S = 20  # s that a server, slow with its first answers, or a locked database may take before training starts


def home(start: Path = Path()) -> Path:
    """The main checkout that `start` belongs to, absolute.

    `dvc exp run --temp` and `--queue` work in a copy under `<main>/.dvc/tmp/exps/`, which is deleted afterwards;
    what is tracked must outlive it. Anywhere else it is `start` itself.
    """
    root = start.resolve()
    for folder in root.parents:
        if folder.parts[-3:] == (".dvc", "tmp", "exps"):
            return folder.parents[2]
    return root


@dataclass(frozen=True)
class Store:
    """An MLflow tracking store and the registry that goes with it.

    root: the main checkout. artifacts: the local folder for the artifacts of a database reached directly, or None
    where a server decides.
    """

    root: Path
    tracking_uri: str
    registry_uri: str
    artifacts: Path | None

    @property
    def shared(self) -> bool:
        """Whether the registry is one that several machines use, and not an sqlite file of this machine's."""
        return not self.registry_uri.startswith(SQLITE)

    @property
    def own(self) -> bool:
        """Whether only this machine logs runs here, and one process at a time (`writing`)."""
        return self.tracking_uri.startswith(SQLITE)

    def ledger(self, shared: Path) -> Path:
        """The ledger of promotions: beside the sqlite registry, or at `shared` in the checkout for a shared one."""
        return self.root / shared if self.shared else database(self.registry_uri).with_name("promotions.jsonl")

    def check(self) -> None:
        """Make the store ready, so that nobody trains for minutes and then cannot log.

        An sqlite store is created on first use. A silent server is given up after `PATIENCE_S`.
        Raises: HarError where the store cannot be used.
        """
        for uri in dict.fromkeys((self.tracking_uri, self.registry_uri)):
            if uri.startswith(SQLITE):
                self._prepare(uri)
            else:
                _reach(uri)

    def client(self) -> "MlflowClient":
        """A client of this store that neither reads nor changes MLflow's global state."""
        _import_mlflow()
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.tracking_uri, registry_uri=self.registry_uri)

    def experiment(self, name: str) -> str:
        """The id of the experiment `name`, created where it is missing."""
        from mlflow.exceptions import MlflowException

        client = self.client()
        found = client.get_experiment_by_name(name)
        if found is None:
            location = None if self.artifacts is None else (self.artifacts / name).as_uri()
            try:
                return str(client.create_experiment(name, artifact_location=location))
            except MlflowException:  # another process was faster
                found = client.get_experiment_by_name(name)
                if found is None:
                    raise
        if found.lifecycle_stage != "active":
            raise HarError(
                f"The MLflow experiment {name} was deleted: `mlflow experiments restore -x {found.experiment_id}`."
            )
        return str(found.experiment_id)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only process of this machine that logs to an sqlite store; a server sorts out its clients itself."""
        if self.artifacts is None:
            yield
        else:
            with exclusive(self.artifacts / ".lock"):
                yield

    def _prepare(self, uri: str) -> None:
        _import_mlflow()
        from mlflow.exceptions import MlflowException
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
        from sqlalchemy.exc import SQLAlchemyError

        file = database(uri)
        artifacts = file.parent / "mlruns"
        with exclusive(artifacts / ".lock"):  # two first uses at once would both create the tables
            _probe(file)
            try:
                SqlAlchemyStore(uri, artifacts.as_uri())  # type: ignore[no-untyped-call]
            except (MlflowException, SQLAlchemyError) as error:
                raise HarError(f"{file} cannot be used as the MLflow store: {_first_line(error)}") from error


def locate(root: Path = Path()) -> Store:
    """The store of the checkout `root`: `mlflow.db` and `mlruns/` in its main checkout, unless MLflow's own
    environment variables MLFLOW_TRACKING_URI and MLFLOW_REGISTRY_URI name others; relative sqlite paths in them are
    relative to the main checkout. Nothing is created or contacted. Raises `HarError` for an address of another kind.
    """
    main = home(root)
    tracking = _absolute(os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}mlflow.db", main, "MLFLOW_TRACKING_URI")
    registry = _absolute(os.environ.get("MLFLOW_REGISTRY_URI") or tracking, main, "MLFLOW_REGISTRY_URI")
    if tracking.startswith(SQLITE):
        artifacts: Path | None = database(tracking).parent / "mlruns"
    else:
        artifacts = None if scheme(tracking) in REMOTE else main / "mlruns"
    return Store(main, tracking, registry, artifacts)


def database(uri: str) -> Path:
    """The file of an sqlite address."""
    return Path(uri.removeprefix(SQLITE).partition("?")[0])


def _absolute(uri: str, root: Path, variable: str) -> str:
    if uri.startswith(SQLITE) and uri != SQLITE and not uri.startswith(f"{SQLITE}:"):
        path, mark, query = uri.removeprefix(SQLITE).partition("?")
        return f"{SQLITE}{root / path}{mark}{query}"
    if scheme(uri) in REMOTE or scheme(uri).split("+")[0] in DATABASES:
        return uri
    raise HarError(
        f"{variable} is {_without_password(uri)}, which cannot be used: give sqlite:///<file>, http(s)://<server> "
        "or a database address, or unset it for the store of this checkout."
    )


def scheme(uri: str) -> str:
    """The kind of an address: `sqlite`, `https`, `postgresql+psycopg`, `databricks`, ..."""
    return uri if uri in REMOTE else urlsplit(uri).scheme


def refused(error: Exception) -> bool:
    """Whether an error is a server's refusal of the account, or of what the account wants to do."""
    from mlflow.exceptions import MlflowException

    return isinstance(error, MlflowException) and error.get_http_status_code() in REFUSED  # type: ignore[no-untyped-call]


def _without_password(uri: str) -> str:
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else uri


def _probe(file: Path) -> None:
    """Raise `HarError` where an sqlite file is damaged, locked or not writable; a missing one is created, empty."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file, timeout=PATIENCE_S, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        raise HarError(
            f"{file}, the MLflow store, cannot be written ({error}): end the process that holds it, or see to the "
            "permissions of the file and its folder."
        ) from error
    except sqlite3.DatabaseError as error:
        raise HarError(_damaged(file, str(error))) from error
    except OSError as error:
        raise HarError(f"{file}, the MLflow store, cannot be made ({error.strerror}).") from error
    if found != "ok":
        raise HarError(_damaged(file, str(found)))


def _damaged(file: Path, finding: str) -> str:
    return f"{file}, the MLflow store, is damaged ({finding}): restore it from a copy, or move it away to start anew."


def _reach(uri: str) -> None:
    """Raise `HarError` where a server or shared database does not answer one small question in time."""
    _import_mlflow()
    import socket

    from mlflow import MlflowClient

    hurry = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": str(PATIENCE_S)}
    try:
        if scheme(uri) not in REMOTE:  # MLflow would try to reach a database for minutes
            address = urlsplit(uri)
            port = address.port or DATABASES[address.scheme.split("+")[0]]
            socket.create_connection((address.hostname or "localhost", port), PATIENCE_S).close()
        with variables(hurry):
            MlflowClient(tracking_uri=uri, registry_uri=uri).search_experiments(max_results=1)
    except Exception as error:  # each kind of store has its own kinds of errors, and all of them mean the same here
        if refused(error):
            raise HarError(
                f"The MLflow server at {_without_password(uri)} refuses this account: set MLFLOW_TRACKING_USERNAME and "
                "MLFLOW_TRACKING_PASSWORD to one that it knows."
            ) from error
        raise HarError(
            f"The MLflow server at {_without_password(uri)} does not answer ({_first_line(error)}): start it, or "
            "correct or unset MLFLOW_TRACKING_URI and MLFLOW_REGISTRY_URI."
        ) from error


@contextmanager
def variables(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for a while: the only way to tell MLflow some things."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200].rstrip(".")


def _import_mlflow() -> None:
    """Import MLflow without its telemetry, its readiness to unpickle and its progress bars over a few kB.

    Artifacts come through the server: clients may not reach the bucket behind it, or not by its name there.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "false")
    os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"
    import logging

    import mlflow  # noqa: F401

    # The first use of a store writes every one of its migrations to the terminal otherwise.
    for name in ("alembic", "mlflow.store", "mlflow.pyfunc"):
        logging.getLogger(name).setLevel(logging.WARNING)
