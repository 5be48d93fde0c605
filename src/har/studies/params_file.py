"""Changing values of params.yaml in place: every comment, and every line that is not about them, stays as it is."""

import re
from collections.abc import Mapping
from typing import Any

from har.errors import HarError

Key = tuple[str, ...]


def with_values(text: str, values: Mapping[Key, Any]) -> str:
    """The text of a YAML file with other values, each a number, a word or a list of them, at its key's path.

    A comment behind a value keeps its column where there is room. Raises `HarError` for a key that is not there, or
    whose value takes several lines.
    """
    import yaml

    root = yaml.compose(text)
    spans = {key: _span(root, key) for key in values}
    for key, (first, last) in sorted(spans.items(), key=lambda item: -item[1][0]):  # from the end, so that places hold
        text = text[:first] + _replaced(text[first:last], values[key], text[last:])
    return text


def _span(node: Any, key: Key) -> tuple[int, int]:
    """Where in the text the value at `key` begins and ends, in characters."""
    for name in key:
        pairs = node.value if node is not None and node.id == "mapping" else ()
        found = next((value for known, value in pairs if known.value == name), None)
        if found is None:
            raise HarError(f"params.yaml: {'.'.join(key)} is missing: add it.")
        node = found
    if node.start_mark.line != node.end_mark.line:
        raise HarError(f"params.yaml: {'.'.join(key)} takes several lines: write it in one, as in [1, 2, 3].")
    return node.start_mark.index, node.end_mark.index


def _replaced(old: str, value: Any, rest: str) -> str:
    """The new value in place of the old one, and what follows it, with a comment on the same line where it was."""
    import yaml

    new = yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("\n").removesuffix("\n...")
    spaces = re.match(r" +(?=#)", rest)
    if spaces is None:
        return new + rest
    width = max(2, len(old) + len(spaces[0]) - len(new))
    return new + " " * width + rest[spaces.end() :]
