"""Pages that end with an answer of xAI, without a script and without a waiting thread.

    view (a thread)  renders the whole page, with PLACE where the answer belongs
    event loop       sends what is before it, asks xAI, sends the answer and the rest

So the page shows at once, and says that it waits.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from django.http import HttpResponse, StreamingHttpResponse

PLACE = "<!-- the answer -->"  # in no other text of a page, where < is escaped


class AnswerInPage(StreamingHttpResponse):
    """A page, and in its PLACE what `answer` returns as HTML.

    If the browser leaves before anything was sent, `answer` is never called, and
    `unbegun` is, in a thread.
    """

    def __init__(
        self,
        page: HttpResponse,
        answer: Callable[[], Awaitable[str]],
        *,
        unbegun: Callable[[], object] | None = None,
    ) -> None:
        self._before, _, self._after = page.content.decode().partition(PLACE)
        self._answer = answer
        self._unbegun = unbegun
        super().__init__(self._parts(), content_type=page.headers["Content-Type"])
        self["Cache-Control"] = "no-store"
        self["X-Accel-Buffering"] = "no"  # proxies must pass on each part

    async def _parts(self) -> AsyncIterator[bytes]:
        self._unbegun = None
        yield self._before.encode()
        yield (await self._answer()).encode()
        yield self._after.encode()

    def close(self) -> None:
        """End, however it came; called in a thread."""
        super().close()
        unbegun, self._unbegun = self._unbegun, None
        if unbegun is not None:
            unbegun()
