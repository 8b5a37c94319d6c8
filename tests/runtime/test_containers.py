"""What the image and the compose file promise; they are read, not run, here."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from tests.runtime.conftest import PROJECT

DOCKERFILE = (PROJECT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ["migrate", "web", "worker", "beat"]


def test_these_services_exist() -> None:
    assert set(SERVICES) == {*OURS, "postgres", "valkey"}


@pytest.mark.parametrize("name", ["web", "worker", "beat", "postgres", "valkey"])
def test_every_service_that_stays_is_checked_without_a_shell(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", OURS)
def test_our_services_can_change_nothing(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", OURS)
def test_keys_come_as_files(name: str) -> None:
    service = SERVICES[name]

    assert service["secrets"] == ["kek", "secret-key"]
    assert service["environment"]["GATEHOUSE_KEK_FILE"] == "/run/secrets/kek"
    harmless = ("_FILE", "_PER_MINUTE")
    names = [name for name in service["environment"] if not name.endswith(harmless)]
    assert not any("KEY" in name for name in names)


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_nothing_of_ours_starts_before_the_migrations(name: str) -> None:
    needs = SERVICES[name]["depends_on"]

    assert needs["migrate"]["condition"] == "service_completed_successfully"
    assert needs["postgres"]["condition"] == "service_healthy"
    assert needs["valkey"]["condition"] == "service_healthy"


def test_services_of_data_are_not_reachable_from_outside() -> None:
    for name in ("postgres", "valkey"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_the_image_runs_as_somebody_else_than_root() -> None:
    users = re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)

    assert users == ["gatehouse"]


def test_the_image_takes_only_what_the_lock_names() -> None:
    assert '"--require-hashes", "-r", "requirements.lock"' in DOCKERFILE


def test_no_command_of_the_image_goes_through_a_shell() -> None:
    commands = re.findall(r"(?:RUN|CMD) (.+)$", DOCKERFILE, re.MULTILINE)

    assert commands
    for command in commands:
        assert isinstance(json.loads(command), list)


def test_what_the_image_copies_is_not_ignored() -> None:
    kept = (PROJECT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--)(\S+) ", DOCKERFILE, re.MULTILINE)

    assert kept[0] == "*"
    assert set(copied) == {line[1:] for line in kept if line.startswith("!")}
