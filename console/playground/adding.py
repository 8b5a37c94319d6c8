"""An image that a person adds to a prompt, checked before it is sent with one."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from console.accounts.rules import rule
from console.lib.htmx import ConsoleRequest
from console.playground import images

NO_FILE = "No image came. Choose a file, paste one or drop one."


@require_POST
@rule("playground.use")
def add_image(request: ConsoleRequest) -> HttpResponse:
    """The image as it will be sent, for the page alone: it is stored nowhere."""
    file = request.FILES.get("image")
    if file is None:
        return _refusal(NO_FILE)
    try:
        picture = images.drawn(file.read())
    except images.BadImage as bad:
        return _refusal(bad.sentence)
    answer = JsonResponse({"url": picture.url, "bytes": len(picture.data)})
    answer["Cache-Control"] = "no-store"
    return answer


def _refusal(sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=422, content_type="text/plain; charset=utf-8")
