"""The one error that a user is meant to read."""


class HarError(Exception):
    """A mistake in the input: one sentence that says what, where (file, row, column or key) and what to do.

    The command line prints the sentence and ends with exit code 2.
    """
