"""`verify.py` as an auditor runs it: nothing but Python and the unpacked pack."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import call_command
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from console import vault
from console.accounts.models import Role, Team
from tests.pages.evidence.conftest import packed, scope, two_histories, unpacked
from tests.people import person


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script of a pack, as README.txt says."""
    return subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
        cwd="/",
    )


@pytest.fixture(scope="session")
def packs(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    kek_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, bytes]:
    """A pack about all teams and one about a team, made once: the tests only read."""
    anchors = tmp_path_factory.mktemp("packs") / "anchors.jsonl"
    with (
        django_db_blocker.unblock(),
        override_settings(KEK_FILE=kek_file, AUDIT_ANCHORS=anchors),
    ):
        vault.forget()
        ours, theirs = (Team.objects.create(name=name) for name in ("Search", "Other"))
        two_histories(ours, theirs)
        olga = person("olga", Role.AUDITOR)
        made = {"all": packed(olga, scope()), "one": packed(olga, scope(ours))}
        call_command("flush", interactive=False, verbosity=0)
    return made


@pytest.fixture
def folder(packs: dict[str, bytes], tmp_path: Path) -> Path:
    """A pack about all teams, unpacked."""
    return unpacked(packs["all"], tmp_path / "unpacked")


def signer_of(folder: Path) -> str:
    """Return the fingerprint as an auditor would have noted it."""
    manifest = json.loads((folder / "manifest.json").read_text())
    return str(manifest["signer"]["fingerprint"])


def edit(file: Path, change: Callable[[Any], object]) -> None:
    """Change a JSON file in place."""
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False))


def mend_hash(folder: Path, name: str) -> None:
    """Let the manifest name the new hash of a file, as a forger would."""
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    edit(
        folder / "manifest.json",
        lambda manifest: manifest["files"][name].update(sha256=digest),
    )


def sign_anew(folder: Path) -> None:
    """Sign the manifest with a key of one's own, as a cunning forger would."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    manifest = folder / "manifest.json"
    edit(manifest, lambda facts: facts["signer"].update(public_key=public.hex()))
    (folder / "manifest.sig").write_text(key.sign(manifest.read_bytes()).hex())


class TestWhole:
    def test_a_pack_as_it_was_made_passes(self, folder: Path) -> None:
        done = run(folder)

        assert (done.returncode, done.stderr) == (0, "")
        assert "WRONG" not in done.stdout
        assert "files are there, unchanged, and no other" in done.stdout
        assert "audit entries link without a gap" in done.stdout
        assert "and 1 anchors fit them" in done.stdout
        assert "not proven: whose key that is" in done.stdout

    def test_the_fingerprint_noted_before_proves_who_signed(self, folder: Path) -> None:
        fingerprint = signer_of(folder)

        done = run(folder, "--fingerprint", fingerprint.upper())

        assert done.returncode == 0
        assert "signed by the key you named" in done.stdout
        assert "whose key that is" not in done.stdout

    def test_a_pack_of_one_team_passes(
        self, packs: dict[str, bytes], tmp_path: Path
    ) -> None:
        assert run(unpacked(packs["one"], tmp_path / "one")).returncode == 0

    def test_it_names_its_folder_when_asked(self, folder: Path, tmp_path: Path) -> None:
        script = tmp_path / "trusted.py"
        script.write_bytes((folder / "verify.py").read_bytes())

        done = subprocess.run(
            [sys.executable, "-I", script, folder], capture_output=True, check=False
        )

        assert done.returncode == 0


class TestForged:
    def test_a_flipped_byte_in_any_file_is_found(self, folder: Path) -> None:
        files = sorted(filter(Path.is_file, folder.rglob("*")))
        script = (folder / "verify.py").read_bytes()
        assert len(files) > 20

        for file in files:
            content = file.read_bytes()
            place = len(content) // 2
            flipped = bytes([content[place] ^ 1])
            file.write_bytes(content[:place] + flipped + content[place + 1 :])
            trusted = folder.parent / "trusted.py"
            trusted.write_bytes(script)
            done = subprocess.run(
                [sys.executable, "-I", trusted, folder],
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 1, file.name
            assert "WRONG:" in done.stdout
            file.write_bytes(content)

        assert run(folder).returncode == 0

    def test_a_missing_file_is_found(self, folder: Path) -> None:
        (folder / "tables" / "findings.csv").unlink()

        done = run(folder)

        assert done.returncode == 1
        assert "tables/findings.csv is missing" in done.stdout

    @pytest.mark.parametrize("name", ["more.csv", "tables/.hidden", "deep/er/one"])
    def test_a_file_more_is_found(self, folder: Path, name: str) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")

        done = run(folder)

        assert done.returncode == 1
        assert f"{name} does not belong to the pack" in done.stdout

    @pytest.mark.parametrize("name", ["manifest.json", "manifest.sig"])
    def test_nothing_is_proven_without_manifest_or_signature(
        self, folder: Path, name: str
    ) -> None:
        (folder / name).unlink()

        done = run(folder)

        assert (done.returncode, done.stderr) == (1, "")
        assert "proven: " not in done.stdout

    def test_a_row_edited_with_its_hash_mended_is_found(self, folder: Path) -> None:
        name = "tables/inventory.json"
        edit(folder / name, lambda rows: rows[0].update(owner="Mallory"))
        mend_hash(folder, name)

        done = run(folder)

        assert done.returncode == 1
        assert "the signature is not of this manifest" in done.stdout

    def test_a_manifest_signed_anew_is_found_by_the_fingerprint(
        self, folder: Path
    ) -> None:
        noted = signer_of(folder)
        name = "tables/inventory.json"
        edit(folder / name, lambda rows: rows[0].update(owner="Mallory"))
        mend_hash(folder, name)
        sign_anew(folder)

        assert run(folder).returncode == 0  # whole, but by whom?
        done = run(folder, "--fingerprint", noted)

        assert done.returncode == 1
        assert "it was signed by another key" in done.stdout

    def test_two_audit_rows_in_each_others_place_are_found(self, folder: Path) -> None:
        name = "tables/audit-chain.json"

        def swap(rows: list[Any]) -> None:
            rows[1], rows[2] = rows[2], rows[1]

        edit(folder / name, swap)
        assert f"{name} was changed" in run(folder).stdout

        mend_hash(folder, name)
        sign_anew(folder)  # even then the links tell
        done = run(folder)

        assert done.returncode == 1
        assert "the chain breaks at audit entry 2" in done.stdout

    @pytest.mark.parametrize(
        ("table", "change", "sentence"),
        [
            pytest.param(
                "audit-chain",
                lambda rows: rows.pop(),
                "does not end at audit entry",
                id="the end of the chain cut",
            ),
            pytest.param(
                "audit-chain",
                lambda rows: rows.pop(0),
                "the chain breaks at audit entry 1",
                id="its beginning cut",
            ),
            pytest.param(
                "audit-chain",
                lambda rows: rows[1].update(mac="00" * 32),
                "the chain breaks at audit entry 3",
                id="a mark changed",
            ),
            pytest.param(
                "audit",
                lambda rows: rows[1].update(mac="00" * 32),
                "audit entry 2 is not in the chain",
                id="an entry of another chain",
            ),
            pytest.param(
                "audit",
                lambda rows: rows.pop(),
                "the extract of the audit trail is not whole",
                id="an entry left out",
            ),
            pytest.param(
                "audit-anchors",
                lambda rows: rows[0].update(mac="00" * 32),
                "is not the one its anchor notes",
                id="an anchor changed",
            ),
        ],
    )
    def test_links_are_compared_whoever_signed(
        self,
        folder: Path,
        table: str,
        change: Callable[[list[Any]], object],
        sentence: str,
    ) -> None:
        name = f"tables/{table}.json"
        edit(folder / name, change)
        mend_hash(folder, name)
        sign_anew(folder)

        done = run(folder)

        assert done.returncode == 1
        assert sentence in done.stdout

    def test_rows_are_counted(self, folder: Path) -> None:
        edit(
            folder / "manifest.json",
            lambda facts: facts["files"]["tables/people.csv"].update(rows=99),
        )
        sign_anew(folder)

        done = run(folder)

        assert done.returncode == 1
        assert "tables/people.csv has not the 99 rows" in done.stdout
