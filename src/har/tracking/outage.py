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
        raise failed(store, error) from error


def failed(store: Store, error: Exception) -> HarError:
    """What to say of an error that means that the server or database failed."""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(". ")
    where = "the MLflow registry" if store.shared else "the MLflow store of this checkout"
    return HarError(
        f"{where} failed in the middle ({reason}): see to it and run the same command again, which finishes "
        "what was begun."
    )
