"""The table "Settings" of README.md lists what is read from the environment."""

from __future__ import annotations

import ast
import re

from console import env
from tests.conventions.sources import PROJECT, modules, tree

READERS = {name for name, thing in vars(env).items() if callable(thing)}


def names_read() -> set[str]:
    """Return the first argument of every call of a reader in `env`."""
    found = set()
    for file in modules("console"):
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Call) and (name := _setting(node, file.name)):
                found.add(name)
    return found


def _setting(call: ast.Call, file: str) -> str | None:
    if isinstance(call.func, ast.Attribute):
        ours = ast.unparse(call.func.value) == "env"
        reader = call.func.attr
    else:
        ours = file == "env.py"
        reader = ast.unparse(call.func)
    if not ours or reader not in READERS or not call.args:
        return None
    first = call.args[0]
    if isinstance(first, ast.Name):
        return {"SETTING": "GATEHOUSE_DEMO_PASSWORD"}.get(first.id)
    text = first.value if isinstance(first, ast.Constant) else None
    return text if isinstance(text, str) and text.isupper() else None


def names_listed() -> set[str]:
    """Return the first column of the table below the heading "Settings"."""
    readme = (PROJECT / "README.md").read_text()
    section = re.split(r"^#+ +Settings *$", readme, flags=re.MULTILINE)[1]
    section = re.split(r"^#", section, flags=re.MULTILINE)[0]
    return set(re.findall(r"^\| *`([A-Z_]+)`", section, flags=re.MULTILINE))


def test_the_readme_lists_every_setting_and_no_other() -> None:
    assert names_listed() == names_read()


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        str(file.relative_to(PROJECT / "console"))
        for file in modules("console")
        if re.search(r"os\.environ\b(?!\.setdefault)|getenv", file.read_text())
    }

    outside_django = {one for one in readers if one.startswith("runtime/")}
    written = {one for one in readers if one.startswith("playground/snippets/by_")}
    assert readers - outside_django - written <= {
        "env.py",
        "pages/management/commands/up.py",
    }
