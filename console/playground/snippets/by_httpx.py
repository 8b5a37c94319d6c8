"""A request as Python with the library `httpx`."""

from __future__ import annotations

from console.playground.snippets.arguments import imports, read_from
from console.playground.snippets.literals import (
    PYTHON,
    Body,
    as_python,
    quoted,
    source,
    streams,
)
from console.usage.models import Endpoint

EVENTS = '''\
def events(answer):
    """Yield the JSON of each event; `iter_lines` would also cut at U+2028."""
    rest = ""
    for text in answer.iter_text():
        *lines, rest = (rest + text).split("\\n")
        for line in lines:
            data = line.removeprefix("data:").strip()
            if line.startswith("data:") and data != "[DONE]":
                yield json.loads(data)


with httpx.stream("POST", url, headers=headers, json=body, timeout=600) as answer:
    if answer.is_error:
        sys.exit(f"{answer.status_code} {answer.read().decode()}")
    for event in events(answer):
'''
CHAT_STREAM = """\
        for choice in event.get("choices", []):
            print(choice["delta"].get("content") or "", end="", flush=True)
        if event.get("usage"):
            print("\\n", event["usage"], file=sys.stderr)
"""
MESSAGES_STREAM = """\
        if event["type"] == "content_block_delta":
            print(event["delta"].get("text", ""), end="", flush=True)
        elif event["type"] == "message_delta":
            print("\\n", event["usage"], file=sys.stderr)
"""
WHOLE = """\
answer = httpx.post(url, headers=headers, json=body, timeout=600)
if answer.is_error:
    sys.exit(f"{answer.status_code} {answer.text}")
"""
CHAT_WHOLE = """\
for choice in answer.json()["choices"]:
    print(choice["message"]["content"])
"""
MESSAGES_WHOLE = """\
for block in answer.json()["content"]:
    print(block.get("text", ""))
"""


def render(body: Body, endpoint: Endpoint, host: str, *, file: str = "") -> str:
    """Return the program."""
    chat = endpoint == Endpoint.CHAT
    if streams(body):
        ask = "\n\n" + EVENTS + (CHAT_STREAM if chat else MESSAGES_STREAM)
    else:
        ask = WHOLE + (CHAT_WHOLE if chat else MESSAGES_WHOLE)
    told = read_from(file) if file else f"body = {source(body, PYTHON, before=7)}"
    return (
        f"{imports(file, of_json=streams(body))}\n"
        "import httpx\n"
        "\n"
        f"url = {quoted(host + endpoint.label, as_python)}\n"
        'headers = {"Authorization": f"Bearer {os.environ[\'XAI_API_KEY\']}"}\n'
        f"{told}\n"
        f"{ask}"
    )
