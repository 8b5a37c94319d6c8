"""The one place where a secret becomes a header."""

from collections.abc import Generator

import httpx

from console.xai.secret import SHAPE, BadSecret, Secret


class XaiAuth(httpx.Auth):
    """Puts one secret on the requests it is handed to."""

    def __init__(self, secret: Secret) -> None:
        if SHAPE.fullmatch(secret.reveal()) is None:
            raise BadSecret("This secret cannot be sent in a header.")
        self._secret = secret

    def __repr__(self) -> str:
        return "<XaiAuth>"

    def auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header; httpx masks it wherever it prints headers."""
        request.headers["Authorization"] = f"Bearer {self._secret.reveal()}"
        yield request
