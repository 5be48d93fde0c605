"""What people see: the built page, and the interface's documentation as plain HTML that needs no other host."""

import os
from html import escape
from pathlib import Path
from typing import Any, Final

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from har.errors import HarError

HASHED: Final = "assets/"  # files whose name changes with their content
STYLE: Final = """:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-top: 1px solid #8886; padding-top: 1rem; }
code { font: 0.9em ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: 0.25rem 1rem 0.25rem 0; border-bottom: 1px solid #8883; }
"""


class Page(StaticFiles):
    """The built page. What a client asks for is compared with the files that there are, and never opened."""

    def __init__(self, folder: Path) -> None:
        """Raises `HarError` where the page has not been built."""
        if not (folder / "index.html").is_file():
            raise HarError(f"{folder} holds no page: run `make web` to build it.")
        super().__init__(directory=folder, html=True)
        self._folder = folder

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """The file or folder that is asked for, where there is one."""
        for found in (self._folder, *self._folder.rglob("*")):
            if str(found.relative_to(self._folder)) == os.path.normpath(path):
                return str(found), found.stat()
        return "", None

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """A file; those with a hash in their name are never asked for again, others every time."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        hashed = Path(full_path).relative_to(self._folder).as_posix().startswith(HASHED)
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response


def documentation(openapi: dict[str, Any], more: str) -> str:
    """The OpenAPI document as an HTML page; more: a paragraph about what OpenAPI cannot say."""
    title, about = escape(openapi["info"]["title"]), escape(openapi["info"].get("description", ""))
    operations = [
        _operation(f"{method.upper()} {path}", operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = [_schema(name, schema) for name, schema in openapi["components"]["schemas"].items()]
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">',
            f'<title>{title}</title><link rel="stylesheet" href="docs.css"></head><body>',
            f'<h1>{title}</h1><p>{about} For programs: <a href="openapi.json">openapi.json</a>.</p>',
            f"<p>{escape(more)}</p>",
            *operations,
            *schemas,
            "</body></html>",
        ]
    )


def _operation(name: str, operation: dict[str, Any]) -> str:
    takes = " or ".join(operation.get("requestBody", {}).get("content", {}))
    text = escape(operation["description"]) + (f" Takes {escape(takes)}." if takes else "")
    rows = {status: answer["description"] for status, answer in sorted(operation["responses"].items())}
    return f"<h2><code>{escape(name)}</code></h2><p>{text}</p>{_table(rows)}"


def _schema(name: str, schema: dict[str, Any]) -> str:
    properties = schema.get("properties", {})
    rows = {key: about.get("description", about.get("type", "")) for key, about in properties.items()}
    return f"<h2>{escape(name)}</h2><p>{escape(schema.get('description', ''))}</p>{_table(rows)}"


def _table(rows: dict[str, str]) -> str:
    cells = (f"<tr><td><code>{escape(key)}</code></td><td>{escape(text)}</td></tr>" for key, text in rows.items())
    return f"<table>{''.join(cells)}</table>"
