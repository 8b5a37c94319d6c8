"""The code base as data, for the tests beside this file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATES = PROJECT / "templates"


@cache
def modules(folder: str) -> tuple[Path, ...]:
    """Return the Python files of a folder, without what Django generates."""
    files = sorted((PROJECT / folder).rglob("*.py"))
    return tuple(one for one in files if "migrations" not in one.parts)


@cache
def tree(file: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(file.read_text(), filename=str(file))


def name_of(file: Path) -> str:
    """Return a file's path inside the project, for the ids of tests."""
    return str(file.relative_to(PROJECT))


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(file: Path) -> Iterator[Function]:
    """Yield every function and method of a file."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines(node: Function) -> int:
    """Count the lines of a function from `def` to its end, its docstring not."""
    total = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is None:
        return total
    return total - ((first.end_lineno or first.lineno) - first.lineno + 1)


def decorators(node: Function) -> set[str]:
    """Return the names of a function's decorators."""
    return {
        ast.unparse(one.func if isinstance(one, ast.Call) else one)
        for one in node.decorator_list
    }
