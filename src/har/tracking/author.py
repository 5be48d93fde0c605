"""Who decides about models."""

import getpass
import os


def author() -> str:
    """The person behind a CI run (GitHub's GITHUB_ACTOR), else the name that this one is logged in with."""
    try:
        return os.environ.get("GITHUB_ACTOR") or getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return f"user {os.getuid()}"
