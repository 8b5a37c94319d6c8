"""The body of a request as arguments of a call in Python."""

from __future__ import annotations

from console.playground.snippets.literals import (
    PYTHON,
    Body,
    as_python,
    quoted,
    source,
    streams,
)

STEP = 4


def arguments(body: Body, names: frozenset[str]) -> str:
    """Return the lines between the parentheses; what is in no `names` stays JSON."""
    lines = [(name, value) for name, value in body.items() if name in names]
    others = {name: value for name, value in body.items() if name not in names}
    if others:
        lines.append(("extra_body", others))
    return "".join(
        f"{' ' * STEP}{name}={source(value, PYTHON, STEP, len(name) + 2)},\n"
        for name, value in lines
    )


def from_file(body: Body, required: tuple[str, ...]) -> str:
    """Return the same for a body that the program has read from a file.

    `extra_body` is laid over what the named arguments make, so all of it is sent.
    """
    names = [*required, "stream"] if streams(body) else required
    lines = [f"{name}=body[{quoted(name, as_python)}]" for name in names]
    return "".join(f"{' ' * STEP}{line},\n" for line in [*lines, "extra_body=body"])


def imports(file: str, *, of_json: bool = False) -> str:
    """Return what a program needs of Python itself."""
    used = "import os\nimport sys\n"
    if file or of_json:
        used = f"import json\n{used}"
    return f"{used}from pathlib import Path\n" if file else used


def loading(file: str) -> str:
    """Return the line that reads the body, if it lies in a file."""
    return f"{read_from(file)}\n" if file else ""


def read_from(file: str) -> str:
    """Return the line that reads the body."""
    return f"body = json.loads(Path({quoted(file, as_python)}).read_bytes())"
