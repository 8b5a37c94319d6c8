"""What is in a pack, what is not, and who may have one."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.accounts.models import Team, User
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from console.keys import custody
from console.keys.models import ApiKey
from console.pages.evidence import making, packing, signing
from tests.conventions.sources import PROJECT
from tests.pages.evidence.conftest import (
    CANARY,
    PackOf,
    content_of,
    scope,
    unpacked,
)
from tests.people import SECRET, ClientOf

URL = "/audit/evidence/"
pytestmark = [
    pytest.mark.django_db(transaction=True),  # a snapshot is a transaction of its own
    pytest.mark.usefixtures("two_teams"),
]
TABLES = {
    *("inventory", "access", "findings", "changes", "states", "incidents", "people"),
    *("settings", "audit", "audit-chain", "audit-anchors"),
}


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        (folder / "tables" / f"{table}.json").read_text()
    )
    return found


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def form(**changes: object) -> dict[str, object]:
    today = timezone.now().date()
    days = {"first_day": today - timedelta(days=6), "last_day": today, "team": ""}
    return days | changes


class TestContent:
    def test_every_table_is_there_twice_with_the_same_rows(
        self, pack_of: PackOf, olga: User
    ) -> None:
        folder = pack_of(olga)

        files = manifest(folder)["files"]
        for table in TABLES:
            as_json = rows(folder, table)
            with (folder / "tables" / f"{table}.csv").open(newline="") as file:
                as_csv = list(csv.DictReader(file))
            assert len(as_json) == len(as_csv) == files[f"tables/{table}.csv"]["rows"]
            if as_json:
                assert [*as_json[0]] == [*as_csv[0]]
        assert {f"tables/{t}.{f}" for t in TABLES for f in ("csv", "json")} == {
            name for name in files if name.startswith("tables/")
        }

    def test_says_what_each_key_may_do_and_why(
        self, pack_of: PackOf, olga: User
    ) -> None:
        cells = {
            (cell["label"], cell["name"]): cell
            for cell in rows(pack_of(olga), "access")
        }

        named = cells["search-prod", "grok-4.3"]
        assert (named["verdict"], named["reason"]) == (
            "named",
            "Allowed by api-key:model:grok-4.3.",
        )
        assert cells["search-prod", "chat"]["verdict"] == "wildcard"
        assert cells["search-prod", "grok-secret-model"]["verdict"] == "denied"
        assert len(cells) == 2 * (2 + 7)

    def test_text_is_no_formula_in_a_spreadsheet(
        self, pack_of: PackOf, olga: User
    ) -> None:
        folder = pack_of(olga)

        assert '"\'=1+1"' in (folder / "tables" / "inventory.csv").read_text()
        assert rows(folder, "inventory")[0]["owner"] == "=1+1"

    def test_the_manifest_says_who_when_what(self, pack_of: PackOf, olga: User) -> None:
        found = manifest(pack_of(olga))

        assert found["made_by"]["username"] == "olga"
        assert found["team"] is None
        assert found["period"]["zone"] == "UTC"
        assert found["signer"]["fingerprint"] == signing.signer().fingerprint
        pyproject = tomllib.loads((PROJECT / "pyproject.toml").read_text())
        assert found["gatehouse"] == pyproject["project"]["version"]
        chain = found["chain"]
        assert chain["verification"]["sound"] is True
        assert chain["verification"]["anchors"] == 1
        assert (chain["first"], chain["last"]) == (1, Entry.objects.count() - 1)

    def test_a_removed_key_is_in_the_pack_of_its_time(
        self, pack_of: PackOf, olga: User, two_teams: tuple[ApiKey, ApiKey]
    ) -> None:
        custody.remove_key(api_key=two_teams[0], actor=SYSTEM)

        folder = pack_of(olga)

        removed = rows(folder, "inventory")[1]
        assert removed["label"] == "search-prod"
        assert removed["removed_at"]

    def test_another_period_holds_nothing_of_this_one(
        self, pack_of: PackOf, olga: User
    ) -> None:
        long_ago = scope(first_day=date(2020, 1, 1), last_day=date(2020, 1, 31))

        folder = pack_of(olga, long_ago)

        for table in TABLES - {"people", "settings"}:
            assert rows(folder, table) == []
        assert manifest(folder)["chain"]["first"] is None


class TestSecrecy:
    def test_a_pack_of_a_team_holds_nothing_of_another(
        self,
        pack_of: PackOf,
        olga: User,
        mia: User,
        team: Team,
        other_team: Team,
        two_teams: tuple[ApiKey, ApiKey],
    ) -> None:
        theirs = two_teams[1]
        foreign = (
            *("elsewhere", "Elsewhere", "grok-secret-model", "mia", "Mia"),
            *(str(theirs.pk), str(other_team.pk)),
        )

        folder = pack_of(olga, scope(team))

        for file in filter(Path.is_file, folder.rglob("*")):
            text = file.read_text()
            assert [word for word in foreign if word in text] == []
        assert {row["label"] for row in rows(folder, "inventory")} == {"search-prod"}
        whole = {entry["seq"] for entry in rows(folder, "audit")}
        links = {link["seq"] for link in rows(folder, "audit-chain")}
        assert whole < links

    def test_no_pack_holds_a_secret(
        self, pack_of: PackOf, olga: User, two_teams: tuple[ApiKey, ApiKey]
    ) -> None:
        keys = ApiKey.objects.all()
        sealed = [bytes(key.sealed_secret or b"").hex() for key in keys]
        prints = [bytes(key.fingerprint or b"").hex() for key in keys]
        kek = bytes(range(32)).hex()

        folder = pack_of(olga)

        for file in filter(Path.is_file, folder.rglob("*")):
            text = file.read_text()
            for secret in (SECRET, CANARY, kek, *sealed, *prints):
                assert secret not in text
        assert "[redacted]" in (folder / "tables" / "changes.json").read_text()


class TestPage:
    def test_answers_with_the_file_and_leaves_an_entry(
        self, client_of: ClientOf, olga: User, tmp_path: Path
    ) -> None:
        answer = client_of(olga).post(URL, form())

        assert answer.status_code == HTTPStatus.OK
        content = content_of(answer)
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["Content-Length"] == str(len(content))
        folder = unpacked(content, tmp_path / "pack")
        entry = Entry.objects.get(action="evidence.made")
        signed = (folder / "manifest.json").read_bytes()
        assert entry.detail["manifest_sha256"] == hashlib.sha256(signed).hexdigest()
        assert (entry.actor_name, entry.object_name) == ("olga", "all teams")

    def test_shows_the_signer_and_the_last_quarter(
        self, client_of: ClientOf, ada: User
    ) -> None:
        page = client_of(ada).get(URL).text

        assert signing.signer().fingerprint in page
        assert f'value="{timezone.now().date()}"' in page

    @pytest.mark.parametrize("who", ["fin", "sam"])
    def test_is_for_admins_and_auditors(
        self, client_of: ClientOf, who: str, request: pytest.FixtureRequest
    ) -> None:
        browser = client_of(request.getfixturevalue(who))

        assert browser.get(URL).status_code == HTTPStatus.FORBIDDEN
        assert browser.post(URL, form()).status_code == HTTPStatus.FORBIDDEN
        assert not Entry.objects.filter(action="evidence.made").exists()

    def test_needs_a_fresh_proof(self, client_of: ClientOf, olga: User) -> None:
        browser = client_of(olga)
        session = browser.session
        session["account_authentication_methods"] = []
        session.save()

        answer = browser.post(URL, form())

        assert answer.headers["Location"].startswith("/account/reauthenticate/")

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            pytest.param({"first_day": ""}, "required", id="no day"),
            pytest.param({"first_day": "soon"}, "valid date", id="no date"),
            pytest.param(
                {"first_day": "2026-02-01", "last_day": "2026-01-01"},
                "lies before the first",
                id="backwards",
            ),
            pytest.param({"first_day": "2019-01-01"}, "two years", id="too long"),
            pytest.param(
                {"first_day": "9998-12-31", "last_day": "9999-12-31"},
                "ends today at the latest",
                id="not over",
            ),
            pytest.param(
                {"first_day": "0001-01-01", "last_day": "0001-01-02"},
                "two years",
                id="the beginning of time",
            ),
            pytest.param({"team": "x"}, "not a valid UUID", id="no team"),
        ],
    )
    def test_a_bad_form_is_told(
        self,
        client_of: ClientOf,
        olga: User,
        changes: dict[str, object],
        sentence: str,
    ) -> None:
        answer = client_of(olga).post(URL, form(**changes))

        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert sentence in answer.text

    def test_a_sealed_vault_makes_none(
        self, client_of: ClientOf, olga: User, settings: Settings, tmp_path: Path
    ) -> None:
        browser = client_of(olga)
        settings.KEK_FILE = tmp_path / "gone"
        vault.forget()

        answer = browser.post(URL, form())

        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "The vault is sealed" in answer.text

    def test_too_much_for_one_pack_is_told(
        self, client_of: ClientOf, olga: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(packing, "MOST_BYTES", 1000)

        answer = client_of(olga).post(URL, form())

        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "choose a shorter period" in answer.text
        assert not Entry.objects.filter(action="evidence.made").exists()

    @pytest.mark.parametrize("bound", ["MOST_ENTRIES", "MOST_CELLS"])
    def test_too_many_rows_are_told_before_any_is_read(
        self,
        client_of: ClientOf,
        olga: User,
        monkeypatch: pytest.MonkeyPatch,
        bound: str,
    ) -> None:
        monkeypatch.setattr(making, bound, 3)

        answer = client_of(olga).post(URL, form())

        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY

    def test_one_pack_at_a_time(self, client_of: ClientOf, olga: User) -> None:
        database = connection.settings_dict
        with psycopg.connect(
            host=database["HOST"], dbname=database["NAME"], user=database["USER"]
        ) as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", [making.PACK_LOCK])

            answer = client_of(olga).post(URL, form())

        assert "Another evidence pack is being made" in answer.text


def test_all_of_a_pack_is_of_one_moment(
    olga: User, two_teams: tuple[ApiKey, ApiKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = connection.settings_dict
    add_table = packing.Packer.add_table

    def meanwhile(packer: packing.Packer, table: Any) -> None:
        with psycopg.connect(
            host=database["HOST"], dbname=database["NAME"], user=database["USER"]
        ) as other:
            other.execute("UPDATE keys_apikey SET label = label || '!'")
        add_table(packer, table)

    monkeypatch.setattr(packing.Packer, "add_table", meanwhile)

    pack = making.make(scope=scope(), maker=olga, actor=SYSTEM)

    with pack.file as file, ZipFile(file) as archive:
        for name in archive.namelist():
            assert b"search-prod!" not in archive.read(name)
