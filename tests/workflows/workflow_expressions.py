"""Expressions of GitHub's workflows, as far as ours use them: `${{ inputs.params != '' && vars.URL || '' }}`."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOKEN = re.compile(r"\s*('(?:[^']|'')*'|&&|\|\||==|!=|[!(),]|[A-Za-z_][\w.-]*)")


def fill(text: str, contexts: Mapping[str, Any], folder: Path) -> str:
    """`text` with every `${{ }}` in its place."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda match: _shown(evaluate(match[1], contexts, folder)), text)


def evaluate(expression: str, contexts: Mapping[str, Any], folder: Path) -> Any:
    """The value of one expression, with or without `${{ }}` around it; hashFiles reads `folder`."""
    inner = expression.strip().removeprefix("${{").removesuffix("}}").strip()
    tokens = TOKEN.findall(inner)
    assert "".join(tokens) == re.sub(r"\s+(?=(?:[^']*'[^']*')*[^']*$)", "", inner), f"what is {inner!r}?"
    parser = _Parser(tokens, contexts, folder)
    value = parser.either()
    assert not parser.tokens, f"what is {parser.tokens} in {inner!r}?"
    return value


@dataclass
class _Parser:
    tokens: list[str]
    contexts: Mapping[str, Any]
    folder: Path

    def either(self) -> Any:
        value = self.both()
        while self._next("||"):
            other = self.both()
            value = value or other
        return value

    def both(self) -> Any:
        value = self.same()
        while self._next("&&"):
            other = self.same()
            value = value and other
        return value

    def same(self) -> Any:
        value = self.single()
        if self._next("=="):
            return _shown(value) == _shown(self.single())
        if self._next("!="):
            return _shown(value) != _shown(self.single())
        return value

    def single(self) -> Any:
        if self._next("!"):
            return not self.single()
        if self._next("("):
            value = self.either()
            assert self._next(")")
            return value
        token = self.tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        return self._hash_files() if token == "hashFiles" else self._lookup(token)

    def _hash_files(self) -> str:
        assert self._next("(")
        pattern = self.either()
        assert self._next(")")
        contents = b"".join(path.read_bytes() for path in sorted(self.folder.glob(pattern)))
        return hashlib.sha256(contents).hexdigest() if contents else ""

    def _lookup(self, path: str) -> Any:
        value: Any = self.contexts
        for name in path.split("."):
            value = value.get(name, "") if isinstance(value, Mapping) else ""
        return value

    def _next(self, token: str) -> bool:
        if self.tokens[:1] != [token]:
            return False
        self.tokens.pop(0)
        return True


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
