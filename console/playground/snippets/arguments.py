"""The body of a request as arguments of a call in Python."""

from __future__ import annotations

from console.playground.snippets.literals import PYTHON, Body, source

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
