"""scikit-learn models as files: the same model gives the same bytes, and only named types are loaded."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from har.errors import HarError
from har.models.archives import settled_skops


def to_bytes(model: Any) -> bytes:
    """Save the model as `.skops`, without the addresses that its objects had in memory."""
    import skops.io

    return settled_skops(skops.io.dumps(model))


def load_model(path: Path, trusted: Sequence[str]) -> Any:
    """Load a `.skops` file; one that names a type beyond skops' own and the `trusted` ones is refused.

    Raises: HarError if the file is missing, damaged or names other types.
    """
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        return skops.io.load(path, trusted=list(trusted))
    except (OSError, ValueError, KeyError, BadZipFile, UntrustedTypesFoundException) as error:
        raise HarError(f"{path} cannot be loaded as a scikit-learn model ({error}): train it again.") from error
