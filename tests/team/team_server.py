"""The team's server as compose.yaml has it, without containers: PostgreSQL, moto's S3 and team/serve.py, all real."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

ROOT = Path(__file__).parents[2]
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
SECRETS = {
    "admin_password": "the-first-password",
    "database_password": "p@ss/word%of#the:base",
    "session_key": "a-key-of-sessions",
}
AS_POSTGRES = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}  # initdb refuses root


@dataclass
class Team:
    """A running server, and how to reach it."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=lambda: _free("database", "s3", "mlflow"))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.ports['mlflow']}"

    @property
    def s3(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.ports['s3']}",
            "AWS_ACCESS_KEY_ID": "har",
            "AWS_SECRET_ACCESS_KEY": "key-of-the-bucket",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def client(self, user: str = "admin", password: str = SECRETS["admin_password"]) -> dict[str, str]:
        """The environment variables of somebody who works with the server."""
        return {
            "MLFLOW_TRACKING_URI": self.address,
            "MLFLOW_TRACKING_USERNAME": user,
            "MLFLOW_TRACKING_PASSWORD": password,
        }

    def status(self, *account: str) -> int:
        """HTTP's answer to a question of somebody with that name and password, or of nobody."""
        address = f"{self.address}/api/2.0/mlflow/experiments/search?max_results=10"
        return requests.get(address, auth=account or None, timeout=120).status_code

    def serve(self, secrets: Path, *arguments: str, **changes: str) -> subprocess.Popen[str]:
        """Start team/serve.py; what it says goes into the log, or to its pipe where settings are changed."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "AWS_"))}
        settings = {
            "DATABASE": f"127.0.0.1:{self.ports['database']}/mlflow",
            "DATABASE_USER": "mlflow",
            "BUCKET": "har",
            "PORT": str(self.ports["mlflow"]),
            "WORKERS": "1",
            "SECRETS": str(secrets),
        }
        return subprocess.Popen(
            [sys.executable, str(ROOT / "team" / "serve.py"), *arguments],
            env=kept | self.s3 | settings | self.settings | changes,
            stdout=(self.folder / "mlflow.log").open("a"),
            stderr=subprocess.PIPE if changes else subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def database(self, action: str) -> None:
        """`start`, `restart` or `stop` PostgreSQL, and wait until it has."""
        options = (
            f"-p {self.ports['database']} -k {self.folder / 'database'} -c listen_addresses=127.0.0.1 -c fsync=off"
        )
        command = [str(BINARIES[-1] / "pg_ctl"), "-D", str(self.folder / "database" / "data"), "-w", "-m", "fast"]
        command += ["-l", str(self.folder / "database" / "log"), "-o", options, action]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **AS_POSTGRES)  # type: ignore[call-overload]

    def postgres(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's own programs on the database."""
        where = ["-h", "127.0.0.1", "-p", str(self.ports["database"]), "-U", "mlflow"]
        environment = os.environ | {"PGPASSWORD": SECRETS["database_password"]}
        subprocess.run([str(BINARIES[-1] / program), *where, *arguments], check=True, env=environment)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of a question to the database itself."""
        import psycopg2

        known = {"user": "mlflow", "password": SECRETS["database_password"], "dbname": "mlflow"}
        connection = psycopg2.connect(host="127.0.0.1", port=self.ports["database"], **known)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                rows = cursor.fetchall()
            connection.commit()
            return rows
        finally:
            connection.close()

    def await_answer(self, process: subprocess.Popen[str]) -> None:
        """Wait until MLflow answers."""
        for _ in range(1500):
            assert process.poll() is None, (self.folder / "mlflow.log").read_text()
            with suppress(requests.RequestException):
                if requests.get(f"{self.address}/health", timeout=5).ok:
                    return
            time.sleep(0.2)
        raise AssertionError(f"no answer: {(self.folder / 'mlflow.log').read_text()}")


@contextmanager
def running(**settings: str) -> Iterator[Team]:
    """A team's server from its first start on, ended and removed afterwards; settings: further ones of serve.py."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="team-"))  # pytest's folders keep the user `postgres` out
        folder.chmod(0o755)
        stack.callback(shutil.rmtree, folder)
        team = Team(folder, settings)
        _make_database(team)
        team.database("start")
        stack.callback(team.database, "stop")
        moto = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(team.ports["s3"])],
            stdout=subprocess.DEVNULL,
            stderr=stack.enter_context((folder / "bucket.log").open("w")),
        )
        stack.callback(_end, moto)
        _await_port(team.ports["s3"])
        mlflow = team.serve(secrets(team.folder / "secrets"))
        stack.callback(_end_group, mlflow)
        team.await_answer(mlflow)
        yield team


def secrets(folder: Path, **changes: str) -> Path:
    """A folder of secrets."""
    folder.mkdir()
    for name, value in (SECRETS | changes).items():
        (folder / name).write_text(value)
    return folder


def _make_database(team: Team) -> None:
    folder = team.folder / "database"
    folder.mkdir()
    (folder / "password").write_text(SECRETS["database_password"])
    if AS_POSTGRES:
        shutil.chown(folder, **AS_POSTGRES)
        shutil.chown(folder / "password", **AS_POSTGRES)
    command = [str(BINARIES[-1] / "initdb"), "-D", str(folder / "data"), "--username=mlflow", "--no-sync"]
    command += ["--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--encoding=UTF8", "--locale=C"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **AS_POSTGRES)  # type: ignore[call-overload]
    team.database("start")
    team.postgres("createdb", "mlflow")
    team.database("stop")


def _free(*names: str) -> dict[str, int]:
    """Ports that nobody listens on, a different one each."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in names]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return {name: int(probe.getsockname()[1]) for name, probe in zip(names, probes, strict=True)}


def _await_port(port: int) -> None:
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.2)
    raise AssertionError(f"nothing listens on {port}")


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


def _end_group(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()
