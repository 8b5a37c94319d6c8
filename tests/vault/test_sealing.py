"""What was sealed opens where it belongs and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from uuid import UUID, uuid4

import pytest

from console import xai
from console.vault import boxes, kek, keyring, sealing
from console.vault.models import Keyring, Purpose
from console.vault.sealing import Binding

pytestmark = pytest.mark.django_db

TEXT = "xai-" + "Z9y8X7w6V5" * 8
BOUND = Binding(row=UUID(int=1), version=1, team=UUID(int=2), host="api.x.ai")


@pytest.fixture
def blob() -> bytes:
    return sealing.seal(xai.Secret.parse(TEXT), bound=BOUND)


def test_opens_with_its_binding(blob: bytes) -> None:
    assert sealing.unseal(blob, bound=BOUND).reveal() == TEXT


def test_opens_what_the_database_hands_out(blob: bytes) -> None:
    assert sealing.unseal(memoryview(blob), bound=BOUND).reveal() == TEXT  # type: ignore[arg-type]


def test_the_blob_holds_nothing_readable(blob: bytes) -> None:
    assert TEXT.encode() not in blob
    assert b"xai-" not in blob


def test_the_same_secret_never_gives_the_same_blob(blob: bytes) -> None:
    assert sealing.seal(xai.Secret.parse(TEXT), bound=BOUND) != blob


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param({"row": UUID(int=3)}, id="another row"),
        pytest.param({"version": 2}, id="a later version"),
        pytest.param({"version": 0}, id="an earlier version"),
        pytest.param({"team": UUID(int=3)}, id="another team"),
        pytest.param({"host": "evil.example"}, id="another host"),
        pytest.param({"host": "api.x.ai."}, id="a host spelled otherwise"),
        pytest.param({"row": BOUND.team, "team": BOUND.row}, id="row and team swapped"),
    ],
)
def test_does_not_open_elsewhere(blob: bytes, elsewhere: dict[str, object]) -> None:
    with pytest.raises(sealing.Tampered):
        sealing.unseal(blob, bound=replace(BOUND, **elsewhere))  # type: ignore[arg-type]


def test_no_single_changed_bit_is_accepted(blob: bytes) -> None:
    accepted = [where for where, bent in _bent(blob) if _opens(bent)]

    assert accepted == []


def test_no_shorter_or_longer_blob_is_accepted(blob: bytes) -> None:
    cut = [blob[:length] for length in range(len(blob))]
    grown = [blob + b"\0", b"\0" + blob, blob + blob]

    assert not any(_opens(each) for each in cut + grown)


def test_parts_of_two_blobs_do_not_make_a_third(blob: bytes) -> None:
    other = sealing.seal(xai.Secret.parse(TEXT[:-1] + "0"), bound=BOUND)
    nonce = sealing.HEAD_BYTES + boxes.NONCE_BYTES

    assert not _opens(blob[:nonce] + other[nonce:])
    assert not _opens(blob[: -boxes.TAG_BYTES] + other[-boxes.TAG_BYTES :])


def test_a_refusal_repeats_nothing_of_the_secret(blob: bytes) -> None:
    with pytest.raises(sealing.Tampered) as caught:
        sealing.unseal(blob, bound=replace(BOUND, version=9))

    assert TEXT not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_opens_blobs_of_an_older_data_key(blob: bytes) -> None:
    _add_version(Purpose.DATA, 2)
    newer = sealing.seal(xai.Secret.parse(TEXT), bound=BOUND)

    assert newer[1:5] != blob[1:5]
    assert _opens(blob)
    assert _opens(newer)


def test_a_fingerprint_recognises_the_secret_alone() -> None:
    first = sealing.fingerprint(xai.Secret.parse(TEXT))

    assert sealing.fingerprint(xai.Secret.parse(f"  {TEXT}\n")) == first
    assert sealing.fingerprint(xai.Secret.parse(TEXT[:-1] + "0")) != first
    assert len(first) == 32
    assert sealing.short(first) == first.hex()[:8]
    assert sealing.short(memoryview(first)) == first.hex()[:8]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(("ab", "c"), ("a", "bc"), id="border moved"),
        pytest.param(("", "a"), ("a", ""), id="empty part moved"),
        pytest.param(("a",), ("a", ""), id="empty part added"),
        pytest.param((1, 23), (12, 3), id="digits moved"),
        pytest.param(("\0\0\0\1a",), ("", "a"), id="a length as text"),
    ],
)
def test_joined_parts_are_read_in_one_way(
    one: tuple[str | int, ...], other: tuple[str | int, ...]
) -> None:
    assert boxes.joined(*one) != boxes.joined(*other)


def test_joined_parts_never_collide() -> None:
    lists = [
        parts
        for size in range(4)
        for parts in product(["", "a", "aa", "b"], repeat=size)
    ]

    assert len({boxes.joined(*parts) for parts in lists}) == len(lists)


def _bent(blob: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the blob with each of its bits turned, one at a time."""
    for bit in range(len(blob) * 8):
        bent = bytearray(blob)
        bent[bit // 8] ^= 1 << bit % 8
        yield bit, bytes(bent)


def _opens(blob: bytes) -> bool:
    try:
        sealing.unseal(blob, bound=BOUND)
    except sealing.Tampered:
        return False
    return True


def _add_version(purpose: Purpose, version: int) -> None:
    """Store another key of this purpose, as rotation will."""
    opener = kek.Kek.of_material(bytes(range(32)))
    box = boxes.close(
        bytes(range(50, 82)),
        key=opener.wrapping_key,
        bound=boxes.joined("gatehouse", "wrap", str(purpose), version, opener.id),
    )
    Keyring.objects.create(
        purpose=purpose,
        version=version,
        kek_id=opener.id,
        nonce=box[: boxes.NONCE_BYTES],
        wrapped=box[boxes.NONCE_BYTES :],
    )
    keyring.forget()


def test_a_text_opens_only_for_its_row_and_column() -> None:
    row, other = uuid4(), uuid4()
    blob = sealing.seal_text("https://hooks.example/T0/B0/ä", kind="target", row=row)

    assert sealing.unseal_text(blob, kind="target", row=row).endswith("/ä")
    for kind, at in (("signing", row), ("target", other)):
        with pytest.raises(sealing.Tampered):
            sealing.unseal_text(blob, kind=kind, row=at)
    with pytest.raises(sealing.Tampered):
        sealing.unseal_text(b"", kind="target", row=row)
