"""A registry that fails or refuses in the middle: told in one sentence, and not taken for a missing file."""

from collections.abc import Iterator
from contextlib import contextmanager

from har.errors import HarError
from har.tracking.store import Store, refused


@contextmanager
def told(store: Store) -> Iterator[None]:
    """Turn what MLflow raises when its server or database fails or refuses into a `HarError` that says what to do."""
    from mlflow.exceptions import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, RequestException, SQLAlchemyError) as error:
        raise failed(store, error) from error


def failed(store: Store, error: Exception) -> HarError:
    """What to say of an error that means that the server or database failed, or that the account may not do this."""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(". ")
    if refused(error):
        return HarError(
            f"the MLflow server does not let this account do that ({reason}): have EDIT permission granted to it for "
            "the experiment and the registered model, and run the same command again."
        )
    where = "the MLflow registry" if store.shared else "the MLflow store of this checkout"
    return HarError(
        f"{where} failed in the middle ({reason}): see to it and run the same command again, which finishes "
        "what was begun."
    )
