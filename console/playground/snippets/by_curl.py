"""A request as a shell command."""

from __future__ import annotations

import shlex

from console.playground.snippets.literals import JSON, Body, source, streams
from console.usage.models import Endpoint

# No line of JSON is this word, since line ends in texts are escaped: the shell reads
# the body as it stands, whatever is in it.
END = "JSON"


def render(body: Body, endpoint: Endpoint, host: str, *, file: str = "") -> str:
    """Return the command."""
    flags = " --no-buffer" if streams(body) else ""
    sent = f"@{file}" if file else f"@- <<'{END}'\n{source(body, JSON)}\n{END}"
    return (
        f"curl{flags} {shlex.quote(host + endpoint.label)} \\\n"
        '  -H "Authorization: Bearer $XAI_API_KEY" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  --data-binary {sent}\n"
    )
