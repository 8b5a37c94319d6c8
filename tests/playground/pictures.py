"""Image files: good ones, and such as are made to harm whoever reads them."""

from __future__ import annotations

import base64
import random
import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, PngImagePlugin

SECRET = "taken in the garden of 12 Elm Street"


def picture(
    kind: str = "PNG", *, size: tuple[int, int] = (8, 6), mode: str = "RGB", **how: Any
) -> bytes:
    """Return an image file with a red pixel in its first corner."""
    image = Image.new(mode, size, "white")
    image.putpixel((0, 0), (255, 0, 0) if mode == "RGB" else (255, 0, 0, 128))
    file = BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def noise(size: tuple[int, int]) -> bytes:
    """Return a PNG that cannot be pressed: three bytes for each pixel."""
    data = random.Random(7).randbytes(3 * size[0] * size[1])
    file = BytesIO()
    Image.frombytes("RGB", size, data).save(file, "PNG", compress_level=1)
    return file.getvalue()


def url_of(data: bytes, media_type: str = "image/png") -> str:
    """Return a file as a data URL."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def with_secrets(kind: str) -> bytes:
    """Return an image whose metadata tells where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = SECRET  # the description
    exif[0x0112] = 6  # shown turned to the right
    how: dict[str, Any] = {"exif": exif}
    if kind == "PNG":
        how["pnginfo"] = PngImagePlugin.PngInfo()
        how["pnginfo"].add_text("Comment", SECRET)
    return picture(kind, size=(40, 20), **how)


def moving(kind: str) -> bytes:
    """Return two pictures in one file."""
    frames = [Image.new("RGB", (8, 6), color) for color in ("red", "blue")]
    file = BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=100)
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that claims to be this large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + _crc(name + data)
        for name, data in ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    )


def _crc(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


HTML = b"<script>alert(1)</script>"
HOSTILE_FILES = {
    "nothing": b"",
    "a text": b"not an image",
    "a page": b"<!doctype html><html><script>alert(1)</script></html>",
    "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "a GIF": picture("GIF"),
    "a TIFF": picture("TIFF"),
    "a BMP": picture("BMP"),
    "an ICO": picture("ICO", size=(16, 16)),
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "PostScript, which Pillow would hand to another program": (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"
    ),
    "a head alone": picture()[:24],
    "half a PNG": picture(size=(64, 64), mode="RGBA")[:-40],
    "half a JPEG": picture("JPEG", size=(640, 480))[:700],
    "half a WebP": picture("WEBP", size=(64, 64))[:40],
    "a PNG that moves": moving("PNG"),
    "a WebP that moves": moving("WEBP"),
    "a bomb of 50,000 x 50,000": bomb(50_000, 50_000),
    "a bomb of one very long line": bomb(2**31 - 1, 1),
    "more pixels than allowed": bomb(5_001, 4_000),
    "no pixels": bomb(0, 0),
    "pixels that are not there": bomb(4_000, 4_000),
    "the first bytes of a JPEG and a page": b"\xff\xd8\xff\xe0" + HTML,
    "the first bytes of a WebP and a page": b"RIFF\x00\x00\x00\x00WEBPVP8 " + HTML,
    "5 MB and a byte": bytes(5 * 1024 * 1024 + 1),
}
