"""A request of the chat dialect as Python with the library `openai`."""

from __future__ import annotations

from console.playground.snippets.arguments import (
    arguments,
    from_file,
    imports,
    loading,
)
from console.playground.snippets.literals import Body, as_python, quoted, streams
from console.usage.models import Endpoint

# What `create` of the library takes; the rest of a body goes into `extra_body`. A
# test compares them with the library.
NAMES = frozenset(
    {
        "frequency_penalty",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "metadata",
        "modalities",
        "model",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "reasoning_effort",
        "response_format",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
        "web_search_options",
    }
)
REQUIRED = ("model", "messages")
WHOLE = """\
for choice in answer.choices:
    print(choice.message.content)
print(answer.usage, file=sys.stderr)
"""
STREAM = """\
for chunk in answer:
    for choice in chunk.choices:
        print(choice.delta.content or "", end="", flush=True)
    if chunk.usage:
        print(f"\\n{chunk.usage}", file=sys.stderr)
"""


def render(body: Body, endpoint: Endpoint, host: str, *, file: str = "") -> str:
    """Return the program; `endpoint` is chat, the only one the library can ask."""
    assert endpoint == Endpoint.CHAT
    given = from_file(body, REQUIRED) if file else arguments(body, NAMES)
    return (
        f"{imports(file)}\n"
        "from openai import OpenAI\n"
        "\n"
        f"{loading(file)}"
        "client = OpenAI(\n"
        f"    base_url={quoted(f'{host}/v1', as_python)},\n"
        '    api_key=os.environ["XAI_API_KEY"],\n'
        "    max_retries=0,  # a repeat may be paid for twice\n"
        ")\n"
        f"answer = client.chat.completions.create(\n{given})\n"
        f"{STREAM if streams(body) else WHOLE}"
    )
