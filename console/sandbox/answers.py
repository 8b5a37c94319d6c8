"""What the sandbox says: deterministic texts made from the prompt, never clever.

The same prompt, model and seed give the same answer; another prompt another one. Every
answer says where it comes from.
"""

import json
import random
import re
from hashlib import blake2b
from typing import Any

OPENINGS = (
    "This is the sandbox speaking, not a real model.",
    "You have reached the Gatehouse sandbox, so no real model read this.",
    "The sandbox answers here in place of xAI.",
    "No tokens were bought for this: the sandbox wrote it.",
)
REMARKS = (
    "Your message has {words}, and what stands out is **{word}**.",
    "If **{word}** is the point, a real model would begin there.",
    "I read {words}, the longest of them *{word}*.",
    "A question about **{word}** deserves a better answer than mine.",
)
FILLERS = (
    "The tokens, the usage and the cost of this call are counted exactly as shown.",
    "Ask again with the same words and you will read the same sentence.",
    "Change one word and the answer changes with it.",
    "Prices come from the sandbox's own list, which you may edit.",
    "Nothing you wrote has left this machine.",
)
POINTS = (
    "Say what **{word}** should lead to.",
    "Give one example that works and one that does not.",
    "Name the reader, and how long the answer may be.",
    "Keep `{word}` apart from everything that only looks like it.",
    "Check the result against the price before it goes out.",
)
CODE = """\
```python
def find(lines):
    return [line for line in lines if "{word}" in line]
```"""
THOUGHTS = (
    "The user wrote {words}.",
    "The longest of them is {word}, so it is probably the subject.",
    "There is no model behind me, so I must not pretend to know more.",
    "A short and friendly answer that names the sandbox will do.",
)
DEEPEST = 20
EFFORTS = {"none": 0, "low": 1, "medium": 2, "high": 3, "xhigh": 4}


def answer(prompt: str, salt: str) -> str:
    """Return a few sentences of Markdown, now and then with a list or some code."""
    chance = _chance(prompt, salt)
    facts = _facts(prompt)
    sentences = [
        chance.choice(OPENINGS),
        chance.choice(REMARKS).format(**facts),
        *chance.sample(FILLERS, chance.randint(1, 2)),
    ]
    parts = [" ".join(sentences)]
    extra = chance.random()
    if extra < 0.4:
        points = chance.sample(POINTS, 3)
        parts.append("\n".join(f"- {point.format(**facts)}" for point in points))
    elif extra < 0.6:
        parts.append(CODE.format(**facts))
    return "\n\n".join(parts)


def thoughts(prompt: str, effort: str) -> str:
    """Return the visible reasoning: one sentence more for each step of effort."""
    facts = _facts(prompt)
    return " ".join(text.format(**facts) for text in THOUGHTS[: EFFORTS[effort]])


def as_json(text: str) -> str:
    return json.dumps({"answer": text, "sandbox": True}, ensure_ascii=False)


def sample_of(schema: object, depth: int = 0) -> Any:
    """Return a small value of the shape that a JSON schema describes."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return "sandbox"
    if "const" in schema:
        return schema["const"]
    choices, properties = schema.get("enum"), schema.get("properties")
    if isinstance(choices, list) and choices:
        return choices[0]
    if isinstance(properties, dict):
        return {name: sample_of(part, depth + 1) for name, part in properties.items()}
    match schema.get("type"):
        case "object":
            return {}
        case "array":
            return [sample_of(schema.get("items"), depth + 1)]
        case "integer":
            return 1
        case "number":
            return 1.5
        case "boolean":
            return True
        case "null":
            return None
    return "sandbox"


def _chance(prompt: str, salt: str) -> random.Random:
    digest = blake2b(f"{salt}\0{prompt}".encode(), digest_size=8).digest()
    return random.Random(int.from_bytes(digest))


def _facts(prompt: str) -> dict[str, Any]:
    words = re.findall(r"[^\W_]+", prompt)
    longest = max(words, key=len, default="silence")
    counted = "1 word" if len(words) == 1 else f"{len(words)} words"
    return {"words": counted, "word": longest[:40]}
