"""The seeded world: every state and every kind of ACL that a console must show."""

import ast
import re
from pathlib import Path

import pytest

import console.sandbox
from console.sandbox import seed
from console.sandbox.acls import allows_endpoint, allows_model
from tests.sandbox.conftest import Sandbox

FOLDER = Path(console.sandbox.__file__).parent


def test_secrets_are_new_in_every_world() -> None:
    one, other = seed.new_world(), seed.new_world()

    secrets = {key.secret for world in (one, other) for key in world.keys.values()}
    assert len(secrets) == 32
    assert all(re.fullmatch(r"xai-[A-Za-z0-9]{80}", secret) for secret in secrets)


def test_fourteen_keys_are_for_the_console_and_two_are_spare() -> None:
    keys = list(seed.new_world().keys.values())

    assert sum(not key.spare for key in keys) == 14
    assert {key.name for key in keys if key.spare} == {
        "search-newcomer",
        "platform-leftover",
    }
    assert all(key.note for key in keys)
    assert [key.name for key in keys if key.owner is None] == ["lab-interns-2026"]


@pytest.mark.parametrize(
    "key", ["search-prod-ranker", "support-desk-prod", "platform-gateway"]
)
def test_each_working_team_has_a_key_that_may_chat(sandbox: Sandbox, key: str) -> None:
    assert sandbox.chat(key=key).status_code == 200


def test_the_acls_have_many_shapes() -> None:
    lists = [key.acls for key in seed.new_world().keys.values()]

    assert [] in lists
    assert ["api-key:model:*", "api-key:endpoint:*"] in lists
    assert any("api-key:model:grok-2-vision-1212" in acls for acls in lists)
    assert any("api-key:model:grok-4.3-latest" in acls for acls in lists)
    assert any("beta" in acls for acls in lists)


@pytest.mark.parametrize(
    ("acls", "allowed"),
    [
        ([], False),
        (["api-key:endpoint:*"], True),
        (["api-key:endpoint:chat"], True),
        (["api-key:endpoint:ch*"], False),
        (["api-key:endpoint:chat "], False),
        (["api-key:model:chat"], False),
        (["endpoint:chat", "*"], False),
    ],
)
def test_an_endpoint_is_allowed_by_name_or_by_the_whole_wildcard(
    acls: list[str], allowed: bool
) -> None:
    assert allows_endpoint(acls, "chat") is allowed


@pytest.mark.parametrize(
    ("acls", "allowed"),
    [
        (["api-key:model:*"], True),
        (["api-key:model:b"], True),
        (["api-key:model:c"], False),
        (["api-key:endpoint:a"], False),
        ([], False),
    ],
)
def test_a_model_is_allowed_by_any_of_its_names(acls: list[str], allowed: bool) -> None:
    assert allows_model(acls, ["a", "b"]) is allowed


@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name
)
def test_it_stands_apart(path: Path) -> None:
    """Nothing of the product, and no Django, may be imported here."""
    names = [
        name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]

    ours = [name for name in names if name.split(".")[0] in ("console", "django")]
    assert all(name.startswith("console.sandbox") for name in ours)
