"""An image that is added to a prompt."""

from __future__ import annotations

import base64

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from console.accounts.models import User
from tests.people import ClientOf
from tests.playground.pictures import HOSTILE_FILES, SECRET, picture, with_secrets

URL = reverse("playground:add_image")


def file(data: bytes, name: str = "cat.png") -> dict[str, SimpleUploadedFile]:
    return {"image": SimpleUploadedFile(name, data)}


def test_it_comes_back_as_it_will_be_sent(client_of: ClientOf, sam: User) -> None:
    answer = client_of(sam).post(URL, file(with_secrets("JPEG")))

    head, _, data = answer.json()["url"].partition(",")
    sent = base64.b64decode(data)
    assert head == "data:image/jpeg;base64"
    assert answer.json()["bytes"] == len(sent)
    assert SECRET.encode() not in sent
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_a_hostile_file_gets_a_sentence(
    client_of: ClientOf, sam: User, name: str
) -> None:
    answer = client_of(sam).post(URL, file(HOSTILE_FILES[name]))

    assert answer.status_code == 422
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.text.endswith(".")


def test_the_name_of_the_file_is_not_believed(client_of: ClientOf, sam: User) -> None:
    answer = client_of(sam).post(URL, file(picture(), "../../x.svg"))

    assert answer.json()["url"].startswith("data:image/png;base64,")


def test_no_file_gets_a_sentence(client_of: ClientOf, sam: User) -> None:
    answer = client_of(sam).post(URL, {"image": "not a file"})

    assert (answer.status_code, "No image came." in answer.text) == (422, True)


def test_only_posts_by_people_who_signed_in(client_of: ClientOf, sam: User) -> None:
    assert client_of(sam).get(URL).status_code == 405
    assert Client().post(URL, file(picture())).status_code == 302
