"""Images that a person sends: checked by their content, and drawn anew.

What leaves here was written by Pillow alone: nothing of the file that came is in it,
neither its name nor its metadata nor what stood behind its end. Nothing is stored.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import warnings
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from io import BytesIO
from threading import Lock

from PIL import Image, ImageOps, UnidentifiedImageError

KIB = 1024
MIB = 1024 * KIB
MOST_IMAGES = 4  # in one request
LARGEST = 5 * MIB  # bytes of one
LARGEST_TOGETHER = 12 * MIB
MOST_PIXELS = 20_000_000
MOST_SCANS = 100  # of a JPEG, each over all its pixels; cameras and editors write 10
JPEG_START, SCAN_START = b"\xff\xd8", b"\xff\xda"
PATIENCE = 5.0  # seconds until the images of others are drawn
READ = ("JPEG", "PNG", "WEBP")
QUALITIES = (90, 75, 60)  # of a JPEG: the first that is small enough
QUICK = 3  # of 9: a large picture in a second
PREFIX = "data:"
KNOWN = 512  # images that are known to be our own, by their digest

WRONG_KIND = "Send a JPEG, a PNG or a WebP: the file is none of these."
BROKEN = "The image is damaged or not whole. Save it again and send that."
MOVING = "The image moves. Send a single picture."
TOO_LARGE = "The image is larger than 5 MB. Make it smaller."
TOO_MANY_PIXELS = "The image has more than 20 million pixels. Make it smaller."
TOO_MANY_SCANS = "The JPEG has more than 100 layers. Save it again and send that."
BUSY = "Gatehouse is checking the images of others. Try again in a moment."
NOT_DATA = "An image is not in the conversation itself, and Gatehouse fetches none."

# What the decoders of Pillow raise for files that are made to break them.
DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


class BadImage(Exception):
    """This is not an image that can be sent; the sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of our own making."""

    media_type: str  # image/jpeg or image/png
    data: bytes

    @property
    def url(self) -> str:
        """Return it as a data URL."""
        text = base64.b64encode(self.data).decode()
        return f"{PREFIX}{self.media_type};base64,{text}"


def from_url(url: str) -> Picture:
    """Return the image that a data URL holds, drawn anew unless it was before.

    Raises BadImage. The media type that the URL names is not believed.
    """
    head, _, text = url.partition(",")
    if not head.startswith(PREFIX) or not head.endswith(";base64"):
        raise BadImage(NOT_DATA)
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:  # of binascii, or since a character is not ASCII
        raise BadImage(BROKEN) from None
    return _known(data) or drawn(data)


def drawn(data: bytes) -> Picture:
    """Return the picture that a file shows, as a JPEG or a PNG. Raises BadImage.

    One at a time: a picture takes some 60 MB while it is drawn, a WebP 300 MB.
    """
    if len(data) > LARGEST:
        raise BadImage(TOO_LARGE)
    if data.startswith(JPEG_START) and data.count(SCAN_START) > MOST_SCANS:
        raise BadImage(TOO_MANY_SCANS)
    if not _one_at_a_time.acquire(timeout=PATIENCE):
        raise BadImage(BUSY)
    try:
        picture = _drawn(data)
    finally:
        _one_at_a_time.release()
    _remember(picture)
    return picture


def _drawn(data: bytes) -> Picture:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of metadata, and of what is refused here
            with Image.open(BytesIO(data), formats=READ) as file:
                _check(file)
                return _written(_upright(file), is_photo=file.format == "JPEG")
    except BadImage:
        raise
    except UnidentifiedImageError:
        raise BadImage(WRONG_KIND) from None
    except Image.DecompressionBombError:
        raise BadImage(TOO_MANY_PIXELS) from None
    except DAMAGE:
        raise BadImage(BROKEN) from None


def _check(file: Image.Image) -> None:
    """Refuse by the head of the file, before its pixels are read."""
    if file.width * file.height > MOST_PIXELS:
        raise BadImage(TOO_MANY_PIXELS)
    if getattr(file, "n_frames", 1) > 1:
        raise BadImage(MOVING)


def _upright(image: Image.Image) -> Image.Image:
    """Return the pixels, turned as the metadata says, and without any metadata."""
    ImageOps.exif_transpose(image, in_place=True)
    shape = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode != shape:
        image = image.convert(shape)
    image.info = {}
    return image


def _written(image: Image.Image, *, is_photo: bool) -> Picture:
    """Return it as it is sent; a PNG that comes out too large becomes a JPEG."""
    if not is_photo:
        data = _bytes_of(image, "PNG", compress_level=QUICK)
        if len(data) <= LARGEST:
            return Picture("image/png", data)
    if image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    for quality in QUALITIES:
        data = _bytes_of(image, "JPEG", quality=quality)
        if len(data) <= LARGEST:
            return Picture("image/jpeg", data)
    raise BadImage(TOO_LARGE)


def _bytes_of(image: Image.Image, kind: str, **options: int) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


_one_at_a_time = Lock()
_ours: OrderedDict[bytes, str] = OrderedDict()  # digest: media type, the newest last
_ours_lock = Lock()


def _remember(picture: Picture) -> None:
    """Note it, so that each turn of a conversation does not draw it again."""
    with _ours_lock:
        _ours[hashlib.sha256(picture.data).digest()] = picture.media_type
        while len(_ours) > KNOWN:
            _ours.popitem(last=False)


def _known(data: bytes) -> Picture | None:
    digest = hashlib.sha256(data).digest()
    with _ours_lock:
        media_type = _ours.get(digest)
        if media_type is None:
            return None
        _ours.move_to_end(digest)
    return Picture(media_type, data)
