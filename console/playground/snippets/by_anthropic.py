"""A request of the messages dialect as Python with the library `anthropic`."""

from __future__ import annotations

from console.playground.snippets.arguments import (
    arguments,
    from_file,
    imports,
    loading,
)
from console.playground.snippets.literals import Body, as_python, quoted, streams
from console.usage.models import Endpoint

# What `create` of the library takes and of which xAI knows. A test compares them.
NAMES = frozenset(
    {
        "max_tokens",
        "messages",
        "metadata",
        "model",
        "stop_sequences",
        "stream",
        "system",
        "thinking",
        "tool_choice",
        "tools",
    }
)
REQUIRED = ("model", "max_tokens", "messages")
WHOLE = """\
for block in answer.content:
    if block.type == "text":
        print(block.text)
print(answer.usage, file=sys.stderr)
"""
# Not `messages.stream()`: it puts the parts together by an index that xAI leaves out.
STREAM = """\
for event in answer:
    if event.type == "content_block_delta" and event.delta.type == "text_delta":
        print(event.delta.text, end="", flush=True)
    elif event.type == "message_delta":
        print(f"\\n{event.usage}", file=sys.stderr)
"""


def render(body: Body, endpoint: Endpoint, host: str, *, file: str = "") -> str:
    """Return the program; `endpoint` is messages, the only one the library can ask.

    `auth_token` sends the key as xAI reads it; given, no key of Anthropic's that is
    in the environment is sent to xAI.
    """
    assert endpoint == Endpoint.MESSAGES
    given = from_file(body, REQUIRED) if file else arguments(body, NAMES)
    return (
        f"{imports(file)}\n"
        "from anthropic import Anthropic\n"
        "\n"
        f"{loading(file)}"
        "client = Anthropic(\n"
        f"    base_url={quoted(host, as_python)},\n"
        '    auth_token=os.environ["XAI_API_KEY"],\n'
        "    max_retries=0,  # a repeat may be paid for twice\n"
        ")\n"
        f"answer = client.messages.create(\n{given})\n"
        f"{STREAM if streams(body) else WHOLE}"
    )
