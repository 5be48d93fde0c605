"""A registry that stops answering in the middle: told in one sentence, and not taken for a missing file."""

from collections.abc import Iterator
from contextlib import contextmanager

from har.errors import HarError
from har.tracking.store import Store


@contextmanager
def told(store: Store) -> Iterator[None]:
    """Turn what MLflow raises when its server or database fails into a `HarError` that says what to do."""
    from mlflow.exceptions import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, RequestException, SQLAlchemyError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(". ")
        where = "the MLflow registry" if store.shared else "the MLflow store of this checkout"
        raise HarError(
            f"{where} failed in the middle ({reason}): see to it and run the same command again, which finishes "
            "what was begun."
        ) from error


def is_outage(error: BaseException) -> bool:
    """Whether an error comes from a server that cannot be reached, rather than from what was asked of it."""
    from requests import ConnectionError, Timeout

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, (ConnectionError, Timeout)):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
