"""README.md tells of every command, and its steps of production fit the image."""

from __future__ import annotations

import re

from tests.conventions.sources import PROJECT

README = (PROJECT / "README.md").read_text()
COMMANDS = PROJECT / "console" / "pages" / "management" / "commands"


def section(title: str) -> str:
    """Return the text below one heading."""
    below = re.split(rf"^#+ +{title} *$", README, flags=re.MULTILINE)[1]
    return re.split(r"^#", below, flags=re.MULTILINE)[0]


def test_lists_every_command_and_no_other() -> None:
    listed = re.findall(r"^\| `([a-z_]+)", section("Commands"), flags=re.MULTILINE)

    assert set(listed) == {file.stem for file in COMMANDS.glob("[a-z]*.py")}


def test_names_every_target_of_make_it_speaks_of() -> None:
    targets = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.M)

    assert set(re.findall(r"\bmake ([a-z]+)\b", README)) <= set(targets)


def test_the_first_start_makes_what_compose_asks_for() -> None:
    steps = section("Production")
    compose = (PROJECT / "docker-compose.yml").read_text()
    (user,) = re.findall(r'"--uid", "(\d+)"', (PROJECT / "Dockerfile").read_text())

    for secret in re.findall(r"\./secrets/([\w-]+)", compose):
        assert secret in steps
    for asked in re.findall(r"\$\{(\w+):\?", compose):
        assert f"{asked}=" in steps
    assert "umask 077" in steps  # a KEK that others can read is refused
    assert f"chown {user} " in steps
    assert "manage.py add_person" in steps
