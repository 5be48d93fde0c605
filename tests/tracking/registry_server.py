"""A real MLflow server that a test may kill and start again."""

import os
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from test_tracking_store import unused_port

ADMIN = {"MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": "the-first-password"}
READER = {"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "at least 12 characters"}
EDITOR = {"MLFLOW_TRACKING_USERNAME": "ci-promote", "MLFLOW_TRACKING_PASSWORD": "at least 12 characters"}


class Server:
    """`mlflow server` on an sqlite store and a folder of artifacts, which outlive it.

    accounts: whether it is for people with an account alone, who may read until they are granted more.
    """

    def __init__(self, folder: Path, accounts: bool = False) -> None:
        self.folder = folder
        self.accounts = accounts
        self.port = unused_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "mlflow", "server", "--port", str(self.port), "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{self.folder / 'mlflow.db'}"]
        command += ["--artifacts-destination", str(self.folder / "artifacts")]
        quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        if self.accounts:
            command += ["--app-name", "basic-auth"]
            quiet |= self._with_accounts()
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=quiet, stdout=log, stderr=log, start_new_session=True)
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "server.log").read_text()
            time.sleep(0.2)

    def _with_accounts(self) -> dict[str, str]:
        """The settings of MLflow's basic authentication."""
        (self.folder / "auth.ini").write_text(
            "[mlflow]\ndefault_permission = READ\n"
            f"database_uri = sqlite:///{self.folder / 'auth.db'}\n"
            "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
        )
        return {
            "MLFLOW_AUTH_CONFIG_PATH": str(self.folder / "auth.ini"),
            "MLFLOW_AUTH_ADMIN_USERNAME": ADMIN["MLFLOW_TRACKING_USERNAME"],
            "MLFLOW_AUTH_ADMIN_PASSWORD": ADMIN["MLFLOW_TRACKING_PASSWORD"],
            "MLFLOW_FLASK_SERVER_SECRET_KEY": "a key of sessions",
        }

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.uri}/health", timeout=5).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, 9)
        self.process.wait()
        while self._answers():  # its children die a little later, and one would answer for the next server
            time.sleep(0.1)

    def begin(self, folder: Path, *arguments: str) -> "subprocess.Popen[str]":
        """Start `har` in the checkout `folder`."""
        return subprocess.Popen(
            [sys.executable, "-m", "har", *arguments],
            cwd=folder,
            env={**os.environ, "MLFLOW_TRACKING_URI": self.uri},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
