"""Images: what is refused, and that nothing of a file but its picture goes on."""

from __future__ import annotations

import random
from io import BytesIO

import pytest
from PIL import Image

from console.playground import images
from console.playground.images import BadImage, drawn, from_url
from tests.playground.pictures import (
    HOSTILE_FILES,
    HTML,
    SECRET,
    bomb,
    picture,
    url_of,
    with_secrets,
)


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


@pytest.mark.parametrize(
    ("kind", "becomes"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/png")],
)
def test_a_picture_is_drawn_anew_as_what_xai_takes(kind: str, becomes: str) -> None:
    result = drawn(picture(kind, size=(30, 20)))

    assert result.media_type == becomes
    assert opened(result.data).size == (30, 20)
    assert result.url.startswith(f"data:{becomes};base64,")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_metadata_is_left_behind_and_the_picture_turned_as_it_said(kind: str) -> None:
    data = with_secrets(kind)
    assert SECRET.encode() in data

    result = drawn(data)

    assert SECRET.encode() not in result.data
    assert not opened(result.data).getexif()
    assert set(opened(result.data).info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
    }
    assert opened(result.data).size == (20, 40)


def test_what_stands_behind_the_end_is_left_behind() -> None:
    assert HTML not in drawn(picture() + HTML).data


def test_what_is_transparent_stays_so() -> None:
    result = opened(drawn(picture(mode="RGBA")).data)

    assert result.mode == "RGBA"
    assert result.getpixel((0, 0)) == (255, 0, 0, 128)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
def test_any_kind_of_pixels_becomes_an_ordinary_picture(mode: str) -> None:
    file = BytesIO()
    Image.new(mode, (4, 4)).save(file, "JPEG" if mode == "CMYK" else "PNG")

    assert opened(drawn(file.getvalue()).data).mode in {"RGB", "RGBA"}


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_a_hostile_file_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(BadImage) as refused:
        drawn(HOSTILE_FILES[name])

    assert refused.value.sentence.endswith(".")
    assert not images._one_at_a_time.locked()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a GIF", images.WRONG_KIND),
        ("an SVG", images.WRONG_KIND),
        ("half a JPEG", images.BROKEN),
        ("a PNG that moves", images.MOVING),
        ("a WebP that moves", images.MOVING),
        ("a bomb of 50,000 x 50,000", images.TOO_MANY_PIXELS),
        ("more pixels than allowed", images.TOO_MANY_PIXELS),
        ("5 MB and a byte", images.TOO_LARGE),
    ],
)
def test_the_sentence_says_what_is_wrong(name: str, sentence: str) -> None:
    with pytest.raises(BadImage) as refused:
        drawn(HOSTILE_FILES[name])

    assert refused.value.sentence == sentence


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_damage_gets_another_answer_than_a_picture_or_a_sentence(kind: str) -> None:
    chance = random.Random(kind)
    whole = picture(kind, size=(40, 30))

    for _ in range(200):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            result = drawn(bytes(broken))
        except BadImage:
            continue
        assert opened(result.data).format in {"PNG", "JPEG"}


def test_the_most_pixels_are_still_read() -> None:
    data = picture(size=(5_000, 4_000))

    assert opened(drawn(data).data).size == (5_000, 4_000)


def test_a_picture_that_comes_out_too_large_is_pressed() -> None:
    noise = Image.effect_noise((2_600, 2_200), 120).convert("RGB")
    file = BytesIO()
    noise.save(file, "JPEG", quality=75)

    result = drawn(file.getvalue())

    assert result.media_type == "image/jpeg"
    assert len(result.data) <= images.LARGEST


def test_a_bomb_is_never_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    def unpack(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", unpack)

    with pytest.raises(BadImage) as refused:
        drawn(bomb(50_000, 50_000))
    assert refused.value.sentence == images.TOO_MANY_PIXELS


def repeated(scans: int) -> bytes:
    """Return a progressive JPEG whose last scan comes so many times more."""
    file = BytesIO()
    Image.new("RGB", (16, 16)).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    end = len(data) - 2
    return data[:end] + data[data.rindex(images.SCAN_START) : end] * scans + data[end:]


def test_a_jpeg_of_very_many_scans_is_refused_before_it_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = repeated(0).count(images.SCAN_START)
    assert drawn(repeated(images.MOST_SCANS - own)).media_type == "image/jpeg"
    monkeypatch.delattr("PIL.Image.open")

    with pytest.raises(BadImage) as refused:
        drawn(repeated(images.MOST_SCANS - own + 1))

    assert refused.value.sentence == images.TOO_MANY_SCANS


def test_one_does_not_wait_for_ever_for_the_images_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(images, "PATIENCE", 0.01)

    with images._one_at_a_time, pytest.raises(BadImage) as refused:
        drawn(picture())

    assert refused.value.sentence == images.BUSY
    assert drawn(picture()).media_type == "image/png"


def test_what_is_our_own_is_not_drawn_again() -> None:
    first = drawn(picture("JPEG", size=(50, 50)))

    assert from_url(first.url) == first


def test_the_media_type_of_a_url_is_not_believed() -> None:
    result = from_url(url_of(picture("JPEG", size=(9, 9)), "text/html"))

    assert result.media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://ok.test/cat.png", images.NOT_DATA),
        ("file:///etc/passwd", images.NOT_DATA),
        ("data:image/png,abc", images.NOT_DATA),
        ("", images.NOT_DATA),
        ("data:image/png;base64,@@@@", images.BROKEN),
        ("data:image/png;base64,Zoë=", images.BROKEN),
        ("data:image/png;base64,", images.WRONG_KIND),
        ("data:image/png;base64,AAAA", images.WRONG_KIND),
    ],
)
def test_a_url_that_holds_no_image_is_refused(url: str, sentence: str) -> None:
    with pytest.raises(BadImage) as refused:
        from_url(url)

    assert refused.value.sentence == sentence


def test_only_so_many_digests_are_remembered() -> None:
    for width in range(1, images.KNOWN + 5):
        drawn(picture(size=(width, 1)))

    assert len(images._ours) == images.KNOWN


def test_a_picture_that_is_just_too_large_is_refused_without_a_warning() -> None:
    with pytest.raises(BadImage) as refused:
        drawn(bomb(10_000, 10_000))

    assert refused.value.sentence == images.TOO_MANY_PIXELS
