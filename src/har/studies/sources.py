"""What code a result follows from, as a hash: changed code makes another result, changed comments do not."""

import ast
from collections.abc import Sequence
from importlib.util import resolve_name
from pathlib import Path
from typing import Final

import har
from har.files import digest

ROOT: Final = Path(har.__file__).parents[1]  # the folder that holds the package


def code_sha256(modules: Sequence[str], within: tuple[str, ...]) -> str:
    """SHA-256 of the modules named, and of all they import, directly or not, from the packages `within`.

    Comments, docstrings and layout do not count.
    """
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = _file(name)
        if name in found or path is None:
            continue
        tree = _bare(ast.parse(path.read_text(encoding="utf-8")))
        found[name] = ast.dump(tree)
        waiting += [other for other in _imports(tree, name) if other.startswith(within)]
    return digest(found)


def _file(module: str) -> Path | None:
    """The file of a module of `har`, which is not imported for it; None for what is none, such as a name in one."""
    path = ROOT.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _bare(tree: ast.Module) -> ast.Module:
    """The tree without its docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return tree


def _imports(tree: ast.Module, module: str) -> list[str]:
    """Modules that the code may mean by its imports, inside functions too."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), module.rpartition(".")[0])
            names += [source, *(f"{source}.{alias.name}" for alias in node.names)]
    return names
