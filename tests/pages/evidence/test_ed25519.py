"""Our own Ed25519 verification beside the RFC's examples and `cryptography`."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from console.pages.evidence.verify import L, P, bytes_of, point_of, signed

# RFC 8032, section 7.1: public key, message, signature.
VECTORS = {
    "1, empty": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "2, one byte": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "3, two bytes": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    "SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
}


def theirs(message: bytes, signature: bytes, public_key: bytes) -> bool:
    """Return what `cryptography` says."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@pytest.mark.parametrize("name", VECTORS)
def test_the_examples_of_the_rfc_pass(name: str) -> None:
    public_key, message, signature = map(bytes.fromhex, VECTORS[name])

    assert signed(message, signature, public_key)
    assert theirs(message, signature, public_key)
    assert not signed(message + b"x", signature, public_key)


@settings(max_examples=30, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200))
def test_what_they_sign_we_verify(seed: bytes, message: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    assert signed(message, key.sign(message), public_key)


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0, 64 * 8 + 32 * 8 - 1))
def test_one_bit_of_signature_or_key_makes_the_difference(place: int) -> None:
    public_key, message, signature = map(bytes.fromhex, VECTORS["3, two bytes"])
    both = bytearray(signature + public_key)
    both[place // 8] ^= 1 << place % 8
    forged, key = bytes(both[:64]), bytes(both[64:])

    assert not signed(message, forged, key)
    assert not theirs(message, forged, key)


@pytest.mark.parametrize(
    ("signature", "public_key"),
    [
        pytest.param("00" * 64, "00" * 31, id="a short key"),
        pytest.param("00" * 63, VECTORS["1, empty"][0], id="a short signature"),
        pytest.param("00" * 65, VECTORS["1, empty"][0], id="a long signature"),
        pytest.param("00" * 64, "02" + "00" * 31, id="no point of the curve"),
        pytest.param(
            "00" * 64, P.to_bytes(32, "little").hex(), id="a number beyond the field"
        ),
        pytest.param("00" * 64, "01" + "00" * 30 + "80", id="minus zero"),
        pytest.param(
            "00" * 32 + L.to_bytes(32, "little").hex(),
            VECTORS["1, empty"][0],
            id="a factor beyond the order",
        ),
    ],
)
def test_nonsense_is_no_signature(signature: str, public_key: str) -> None:
    assert not signed(b"", bytes.fromhex(signature), bytes.fromhex(public_key))


def test_a_factor_that_was_raised_by_the_order_is_another_signature() -> None:
    public_key, message, signature = map(bytes.fromhex, VECTORS["1, empty"])
    factor = int.from_bytes(signature[32:], "little") + L
    raised = signature[:32] + factor.to_bytes(32, "little")

    assert not signed(message, raised, public_key)
    assert not theirs(message, raised, public_key)


def test_points_are_written_as_they_are_read() -> None:
    for public_key, _, _ in VECTORS.values():
        point = point_of(bytes.fromhex(public_key))
        assert point is not None
        assert bytes_of(point).hex() == public_key
