"""The models that a new world sells, at the prices of late 2026."""

from typing import Any

from console.sandbox.models import Model

LONG = 200_000  # tokens at which the long-context prices begin
MILLION = 1_000_000
EFFORTS = ["low", "medium", "high"]


def models() -> list[Model]:
    return [*_newest(), *_wide(), _build(), *_legacy(), *_retired(), _image_model()]


def _newest() -> list[Model]:
    images: dict[str, Any] = {"input_modalities": ["text", "image"]}
    return [
        Model(
            id="grok-4.7",
            created=1788220800,
            fingerprint="fp_47c1d0e9a2",
            context_length=500_000,
            reasoning=True,
            reasoning_effort=[*EFFORTS, "xhigh"],
            default_reasoning_effort="medium",
            **images,
            **_prices((20000, 5000, 60000), (40000, 10000, 120000), image=20000),
        ),
        Model(
            id="grok-4.6",
            created=1783900800,
            fingerprint="fp_46b7724f10",
            context_length=500_000,
            reasoning=True,
            reasoning_effort=[*EFFORTS, "xhigh"],
            default_reasoning_effort="medium",
            **images,
            **_prices((20000, 5000, 60000), (40000, 10000, 120000), image=20000),
        ),
        Model(
            id="grok-4.5",
            created=1779148800,
            fingerprint="fp_45ee0c3b68",
            context_length=500_000,
            reasoning=True,
            reasoning_effort=EFFORTS,
            default_reasoning_effort="medium",
            **images,
            **_prices((20000, 3000, 60000), (40000, 6000, 120000), image=20000),
        ),
    ]


def _wide() -> list[Model]:
    """Return the models with a context of a million tokens, all at one price."""
    prices = _prices((12500, 2000, 25000), (25000, 4000, 50000), image=12500)
    shared: dict[str, Any] = prices | {
        "input_modalities": ["text", "image"],
        "context_length": MILLION,
    }
    return [
        Model(
            id="grok-4.3",
            created=1775001600,
            aliases=["grok-4.3-latest"],
            redirected=["grok-4-0709", "grok-4-fast-reasoning", "grok-3"],
            fingerprint="fp_43a90d51c7",
            reasoning=True,
            reasoning_effort=["none", *EFFORTS],
            default_reasoning_effort="low",
            **shared,
        ),
        Model(
            id="grok-4.20-0309-reasoning",
            created=1773014400,
            aliases=["grok-4.20", "grok-4.20-reasoning"],
            fingerprint="fp_420d2f8e31",
            reasoning=True,
            **shared,
        ),
        Model(
            id="grok-4.20-0309-non-reasoning",
            created=1773014400,
            aliases=["grok-4.20-non-reasoning"],
            fingerprint="fp_420n6b9c04",
            **shared,
        ),
    ]


def _build() -> Model:
    return Model(
        id="grok-build-0.1",
        created=1778284800,
        redirected=["grok-code-fast-1"],
        fingerprint="fp_b01d77aa52",
        version="0.1.0",
        context_length=256_000,
        reasoning=True,
        **_prices((10000, 2000, 20000), (20000, 4000, 40000)),
    )


def _legacy() -> list[Model]:
    return [
        Model(
            id="grok-2-1212",
            created=1733961600,
            aliases=["grok-2", "grok-2-latest"],
            fingerprint="fp_1a5ab39b2d",
            prompt_text_token_price=20000,
            completion_text_token_price=100000,
        )
    ]


def _retired() -> list[Model]:
    return [
        Model(
            id="grok-2-vision-1212",
            created=1733961600,
            fingerprint="fp_daba7546e5",
            version="0.1.0",
            input_modalities=["text", "image"],
            prompt_text_token_price=20000,
            prompt_image_token_price=20000,
            completion_text_token_price=100000,
            retired=True,
            retired_on="2025-09-15",
            replacement="grok-4.3",
        )
    ]


def _image_model() -> Model:
    return Model(
        id="grok-imagine-image",
        kind="image",
        created=1770000000,
        context_length=1024,
        image_price=200_000_000,
    )


def _prices(
    plain: tuple[int, int, int], long: tuple[int, int, int], *, image: int = 0
) -> dict[str, Any]:
    """Return price fields from (prompt, cached, completion) in ticks per token."""
    kinds = ("prompt_text", "cached_prompt_text", "completion_text")
    prices = {
        f"{kind}_token_price": one for kind, one in zip(kinds, plain, strict=True)
    }
    for kind, one in zip(kinds, long, strict=True):
        prices[f"{kind}_token_price_long_context"] = one
    prices["prompt_image_token_price"] = image
    prices["long_context_threshold"] = LONG
    return prices
