"""What an estimate is made from. Pure; an address or a scenario holds the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Self
from urllib.parse import urlencode

MOST_MODELS = 20
LONGEST_NAME = 240  # of a model, with the team whose price is meant
BOUNDS: Final[Mapping[str, tuple[int, int]]] = {  # least and most of each number
    "requests": (0, 1_000_000_000),
    "days": (1, 366),
    "prompt": (0, 10_000_000),
    "output": (0, 10_000_000),
    "reasoning": (0, 10_000_000),
    "images": (0, 1_000),
    "image_tokens": (0, 1_000_000),
    "cached": (0, 100),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """One job: the request that is made, and how often."""

    models: tuple[str, ...] = ()  # names of offers; none: all that xAI lists
    requests: int = 1_000  # per day
    days: int = 30  # per month
    prompt: int = 1_000  # text tokens, cached ones included
    output: int = 500  # tokens that are seen
    reasoning: int = 0  # tokens that are not
    images: int = 0
    image_tokens: int = 0  # of each image
    cached: int = 0  # per cent of the text tokens
    # Real `prompt` by model, of one text; `prompt` is then the largest of them.
    counted: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Read what `to_json` once wrote; what is odd or missing takes its default."""
        kept = stored if isinstance(stored, dict) else {}
        numbers = {name: kept[name] for name in BOUNDS if _within(name, kept.get(name))}
        counted = kept.get("counted")
        counts = counted if isinstance(counted, dict) else {}
        return cls(
            models=_names(kept.get("models")),
            counted={
                name: count
                for name, count in list(counts.items())[:MOST_MODELS]
                if _is_name(name) and _within("prompt", count)
            },
            **numbers,
        )

    def to_json(self) -> dict[str, Any]:
        """Return what a scenario keeps."""
        return asdict(self) | {"models": list(self.models)}

    @property
    def query(self) -> str:
        """Return the address of this estimate, after its question mark."""
        pairs: list[tuple[str, str | int]] = [("model", name) for name in self.models]
        pairs += [(name, getattr(self, name)) for name in BOUNDS]
        pairs += [
            ("counted", f"{model}:{count}") for model, count in self.counted.items()
        ]
        return urlencode(pairs)

    def with_counts(self, counts: Mapping[str, int]) -> Inputs:
        """Return the same job with a counted text as its prompt, in place of others."""
        if not counts:
            return self
        return replace(self, prompt=max(counts.values()), counted=dict(counts))

    def with_counts_of(self, model_ids: Collection[str]) -> Inputs:
        """Return the same job with the counts of these models alone."""
        kept = {name: n for name, n in self.counted.items() if name in model_ids}
        return replace(self, counted={}).with_counts(kept)

    @property
    def as_typed(self) -> Inputs:
        """Return the same job without counts, if another number was typed since."""
        counts = self.counted.values()
        holds = self.prompt == max(counts, default=0)
        return self if holds else replace(self, counted={})

    def prompt_of(self, model_id: str) -> int:
        """Return the text tokens of the prompt, as this model counts them."""
        return self.counted.get(model_id, self.prompt)


def _within(name: str, value: object) -> bool:
    least, most = BOUNDS[name]
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return is_whole and least <= value <= most  # type: ignore[operator]


def _names(value: object) -> tuple[str, ...]:
    names = value if isinstance(value, list) else []
    known = dict.fromkeys(name for name in names if _is_name(name))
    return tuple(known)[:MOST_MODELS]


def _is_name(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_NAME
        and value.isprintable()
    )
