"""Reading and making the KEK file."""

from __future__ import annotations

import base64
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from console.vault import kek

MATERIAL = bytes(range(32))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kek"
    path.touch(mode=0o600)
    return path


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(MATERIAL, id="raw"),
        pytest.param(base64.b64encode(MATERIAL), id="base64"),
        pytest.param(base64.b64encode(MATERIAL) + b"\n", id="base64 with line end"),
        pytest.param(base64.b64encode(MATERIAL).rstrip(b"="), id="without padding"),
        pytest.param(base64.urlsafe_b64encode(MATERIAL), id="url alphabet"),
        pytest.param(base64.encodebytes(MATERIAL), id="broken into lines"),
    ],
)
def test_the_same_bytes_are_the_same_kek(file: Path, content: bytes) -> None:
    file.write_bytes(content)

    assert kek.read(file) == kek.Kek.of_material(MATERIAL)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"", "has 0 bytes", id="empty"),
        pytest.param(MATERIAL[:31], "has 31 bytes", id="short"),
        pytest.param(
            base64.b64encode(MATERIAL[:31]), "has 31 bytes", id="short base64"
        ),
        pytest.param(b"\x00" * 32, "repeats", id="zeros"),
        pytest.param(base64.b64encode(b"a" * 40), "repeats", id="all equal"),
        pytest.param(b"\x00\x01" * 32, "repeats", id="two bytes"),
        pytest.param(os.urandom(5000), "too large", id="not a key"),
    ],
)
def test_refuses_what_is_no_kek(file: Path, content: bytes, sentence: str) -> None:
    file.write_bytes(content)

    with pytest.raises(kek.UnusableKek, match=sentence):
        kek.read(file)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o777])
def test_refuses_a_file_that_others_may_open(file: Path, mode: int) -> None:
    file.write_bytes(MATERIAL)
    file.chmod(mode)

    with pytest.raises(kek.UnusableKek, match="chmod 600"):
        kek.read(file)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_takes_a_file_that_is_ours_alone(file: Path, mode: int) -> None:
    file.write_bytes(MATERIAL)
    file.chmod(mode)

    assert kek.read(file).id == kek.Kek.of_material(MATERIAL).id


def test_says_what_to_do_about_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(kek.UnusableKek, match="GATEHOUSE_KEK_FILE"):
        kek.read(tmp_path / "nowhere")


def test_says_what_to_do_about_a_folder(tmp_path: Path) -> None:
    with pytest.raises(kek.UnusableKek, match="directory"):
        kek.read(tmp_path)


def test_neither_repr_nor_id_tells_the_material() -> None:
    one = kek.Kek.of_material(MATERIAL)

    assert repr(one.wrapping_key) not in repr(one)
    assert one.wrapping_key not in {MATERIAL, bytes.fromhex(one.id)}
    assert len(one.id) == 16


def test_makes_a_file_that_it_reads(tmp_path: Path) -> None:
    path = tmp_path / "new" / "kek"

    assert kek.make(path)

    assert kek.read(path).id
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["kek"]


def test_never_replaces_a_file(file: Path) -> None:
    file.write_bytes(MATERIAL)

    assert not kek.make(file)

    assert file.read_bytes() == MATERIAL


def test_of_many_makers_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "kek"

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(kek.make, [path] * 8))

    assert sorted(made) == [False] * 7 + [True]
    assert kek.read(path).id
