"""What a key reaches, and costs at worst, if it leaks. Pure.

    access + prices its team is told + an assumption --blast_of--> Blast

What is not known is None, with the reason in a sentence; 0 means that nothing can be
spent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from console.catalog.costs import Prices, tier_for
from console.keys.acls import ENDPOINTS, Access, Allowed
from console.keys.models import KeyState
from console.lib.dollars import usd
from console.lib.ticks import MAX_TICKS

MINUTES: Final = 60  # in an hour
BILLED: Final = frozenset({"chat", "sample"})  # by tokens of a language model
FREE: Final = frozenset({"models"})  # lists use no tokens


@dataclass(frozen=True, slots=True)
class Assumption:
    """What somebody does with a key that leaked."""

    requests: int = 60  # a minute
    prompt_tokens: int = 8_000  # of each request
    completion_tokens: int = 4_000

    def __str__(self) -> str:
        plural = "" if self.requests == 1 else "s"
        return (
            f"somebody sends {self.requests:,} request{plural} a minute with "
            f"{_short(self.prompt_tokens)} tokens in and "
            f"{_short(self.completion_tokens)} out"
        )


ASSUMED: Final = Assumption()  # what is stored, sorted by and shown at first


@dataclass(frozen=True, slots=True)
class Dearest:
    """The model in reach whose output costs most, then its input; ticks per token."""

    model_id: str
    completion: int
    prompt: int


@dataclass(frozen=True, slots=True)
class Blast:
    """How far one key reaches by its entries."""

    in_sight: int | None  # models; None: its list was never read
    models: int | None  # in reach, of those
    endpoints: int | None  # in reach, of ENDPOINTS; None: ACLs not told
    all_models: bool  # by the wildcard, and to some effect
    all_endpoints: bool
    dearest: Dearest | None
    unpriced: int  # models in reach without a known price
    worst_hour_ticks: int | None
    reason: str  # why the worst hour, or the dearest model, is not known; or ""
    stopped: str  # what keeps a thief from all this now; or ""

    @property
    def wide(self) -> bool:
        """Tell whether a wildcard opens more than anybody wrote down."""
        return self.all_models or self.all_endpoints

    @property
    def models_share(self) -> int:
        """Return percent of the models in sight, for a ring."""
        return _percent(self.models, self.in_sight)

    @property
    def endpoints_share(self) -> int:
        """Return percent of the endpoints, for a ring."""
        return _percent(self.endpoints, len(ENDPOINTS))


@dataclass(frozen=True, slots=True)
class Words:
    """The worst case as a sentence; `amount` is what a page makes bold."""

    lead: str
    amount: str = ""
    rest: str = ""

    def __str__(self) -> str:
        return f"{self.lead}{self.amount}{self.rest}"


STOPPED: Final = {
    KeyState.TEAM_BLOCKED: "xAI refuses all keys of its team now.",
    KeyState.KEY_BLOCKED: "xAI refuses this key now.",
    KeyState.REJECTED: "xAI does not accept this secret now.",
    KeyState.DISABLED: "This key is switched off in xAI's console now.",
}
NOT_TOLD: Final = "xAI has not told the ACLs of this key yet."
NEVER_READ: Final = "The list of models this key sees was never read."
NOT_SURE: Final = "Whether its entries cover a model that it sees is not known."
NO_PRICE: Final = "No price was read with a key of its team for a model in reach."
NOT_BILLED_BY_TOKENS: Final = (
    "What the endpoints in reach cost is not told: none of them is billed by tokens."
)
TOO_MUCH: Final = "It is beyond any amount that is counted here."


def blast_of(
    access: Access,
    *,
    prices: Mapping[str, Prices],
    state: str,
    assumption: Assumption = ASSUMED,
) -> Blast:
    """Return how far these entries reach; `prices` are by model id, as the team's.

    The worst hour is at the model in reach that costs most under the assumption, at
    the prices of its prompt size, without cached tokens.
    """
    models, endpoints = access.models_in_reach, access.endpoints_in_reach
    names = [model.model_id for model in models or ()]
    priced = {name: hour_ticks(prices.get(name), assumption) for name in names}
    worst, reason = _worst(access, priced)
    return Blast(
        in_sight=None if access.seen is None else len(access.seen),
        models=None if models is None else len(models),
        endpoints=None if endpoints is None else len(endpoints),
        all_models=_everything(access.models, access.endpoints),
        all_endpoints=_everything(access.endpoints, access.models),
        dearest=dearest_of(names, prices),
        unpriced=sum(ticks is None for ticks in priced.values()),
        worst_hour_ticks=worst,
        reason=reason,
        stopped=STOPPED.get(KeyState(state), ""),
    )


def hour_ticks(prices: Prices | None, assumption: Assumption) -> int | None:
    """Return what an hour of this costs at one model; None: a price is not told."""
    if prices is None:
        return None
    tier = tier_for(prices, prompt_tokens=assumption.prompt_tokens)
    if tier.text is None or tier.completion is None:
        return None
    request = (
        assumption.prompt_tokens * tier.text
        + assumption.completion_tokens * tier.completion
    )
    return MINUTES * assumption.requests * request


def dearest_of(names: Iterable[str], prices: Mapping[str, Prices]) -> Dearest | None:
    """Return the dearest of these models at short prompts; None: no price is known."""
    known = []
    for name in sorted(names):
        found = prices.get(name)
        if found is None:
            continue
        completion = found.completion_text_token_price
        prompt = found.prompt_text_token_price
        if completion is not None and prompt is not None:
            known.append(Dearest(name, completion, prompt))
    return max(known, key=lambda each: (each.completion, each.prompt), default=None)


def in_words(blast: Blast, assumption: Assumption = ASSUMED) -> Words:
    """Return the worst case as one sentence."""
    if blast.worst_hour_ticks is None:
        return Words(f"The worst case is not known. {blast.reason}")
    if blast.worst_hour_ticks == 0:
        return Words("Nobody can spend money with it. ", rest=blast.reason)
    rest = f", if {assumption}."
    if blast.unpriced:
        some = "a model" if blast.unpriced == 1 else f"{blast.unpriced} models"
        rest += f" Not counted: {some} without a known price."
    return Words("At worst about ", f"{usd(blast.worst_hour_ticks)} per hour", rest)


def _worst(access: Access, priced: Mapping[str, int | None]) -> tuple[int | None, str]:
    """Return the ticks of the worst hour, and a reason where there is one to say."""
    models, endpoints = access.models, access.endpoints
    if models is None or endpoints is None:
        return None, NOT_TOLD
    if models.nothing or endpoints.nothing:
        return 0, "Its ACLs allow no call at all."
    if not endpoints.everything and BILLED.isdisjoint(endpoints.names):
        if FREE.issuperset(endpoints.names):
            return 0, "It can only read lists of models, which uses no tokens."
        return None, NOT_BILLED_BY_TOKENS
    if access.seen is None:
        return None, NEVER_READ
    if access.models_in_reach is None:
        return None, NOT_SURE
    if not priced:
        return 0, "Its ACLs allow no model that xAI lists for it."
    known = [ticks for ticks in priced.values() if ticks is not None]
    if not known:
        return None, NO_PRICE
    worst = max(known)
    if worst == 0:
        whole = len(known) == len(priced)
        return (0, "The models in reach cost nothing.") if whole else (None, NO_PRICE)
    return (worst, "") if worst <= MAX_TICKS else (None, TOO_MUCH)


def _everything(allowed: Allowed | None, other: Allowed | None) -> bool:
    if allowed is None or other is None:
        return False
    return allowed.everything and not other.nothing


def _percent(part: int | None, whole: int | None) -> int:
    """Return a share; 1 at least for what is not nothing."""
    if not part or not whole:
        return 0
    return max(1, 100 * part // whole)


def _short(number: int) -> str:
    whole = number >= 1000 and number % 1000 == 0
    return f"{number // 1000:,}k" if whole else f"{number:,}"
