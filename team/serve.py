"""The team's MLflow server: PostgreSQL for the store, a bucket for artifacts, and nobody in without a password.

Stands alone: the server's image has MLflow and no har. Its settings are environment variables, its secrets are files:
DATABASE (host[:port]/name) and DATABASE_USER; BUCKET, and AWS_ENDPOINT_URL with AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY; HOST, PORT and WORKERS; HOSTS, the names that clients may use, with ports; PERMISSION, what an
account may do (EDIT, or READ until more is granted to it); and in the folder SECRETS (/run/secrets) the files
`admin_password`, read at the first start only, `database_password`, `session_key`.
"""

import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

PERMISSION = "EDIT"  # log, register, move aliases; deleting is for owners and admins


def main() -> None:
    """Make the bucket where it is missing, and become the server; `upgrade`: bring the database up to this MLflow."""
    secrets = Path(os.environ.get("SECRETS", "/run/secrets"))
    user, password = setting("DATABASE_USER"), quote(secret(secrets, "database_password"), safe="")
    database = f"postgresql+psycopg2://{user}:{password}@{setting('DATABASE')}"
    if sys.argv[1:] == ["upgrade"]:
        os.execv(sys.executable, [sys.executable, "-m", "mlflow", "db", "upgrade", database])
    bucket, port = setting("BUCKET"), os.environ.get("PORT", "5000")
    make_bucket(bucket)
    os.environ |= {
        "MLFLOW_BACKEND_STORE_URI": database,  # not an argument: those are seen by all processes of the machine
        "MLFLOW_AUTH_CONFIG_PATH": str(write_auth(database)),
        "MLFLOW_AUTH_ADMIN_USERNAME": "admin",
        "MLFLOW_AUTH_ADMIN_PASSWORD": secret(secrets, "admin_password"),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": secret(secrets, "session_key"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    arguments = ["--app-name", "basic-auth", "--serve-artifacts", "--artifacts-destination", f"s3://{bucket}/mlflow"]
    arguments += ["--host", os.environ.get("HOST", "127.0.0.1"), "--port", port]
    # A worker that is slow to start or busy is not a dead one: uvicorn's 5 s would end it, again and again.
    arguments += ["--workers", os.environ.get("WORKERS", "2"), "--uvicorn-opts", "--timeout-worker-healthcheck 60"]
    arguments += ["--allowed-hosts", os.environ.get("HOSTS", f"127.0.0.1:{port},localhost:{port}")]
    os.execv(sys.executable, [sys.executable, "-m", "mlflow", "server", *arguments])


def setting(name: str) -> str:
    """An environment variable that must be there."""
    value = os.environ.get(name)
    if not value:
        sys.exit(f"serve: the environment variable {name} is missing: see compose.yaml.")
    return value


def secret(folder: Path, name: str) -> str:
    """The content of a file of secrets, which must be there and not empty."""
    try:
        value = (folder / name).read_text(encoding="utf-8").strip()
    except OSError as error:
        sys.exit(f"serve: {folder / name} cannot be read ({error.strerror}): `make team` makes it.")
    if len(value) < 12:
        sys.exit(f"serve: {folder / name} has fewer than 12 characters: put a longer secret there.")
    return value


def write_auth(database: str) -> Path:
    """MLflow's settings of accounts, in a file that only this user reads; the admin's password is not in it."""
    path = Path(tempfile.mkdtemp()) / "auth.ini"
    path.write_text(
        "[mlflow]\n"
        f"default_permission = {os.environ.get('PERMISSION') or PERMISSION}\n"
        f"database_uri = {database.replace('%', '%%')}\n"  # a percent sign has a meaning of its own in such files
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n",
        encoding="utf-8",
    )
    return path


def make_bucket(name: str) -> None:
    """Create the bucket of artifacts unless it is there."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.client("s3", region_name=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))
    try:
        if name not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket=name)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"serve: the bucket {name} cannot be reached ({error}): see to AWS_ENDPOINT_URL and the keys.")


if __name__ == "__main__":
    main()
