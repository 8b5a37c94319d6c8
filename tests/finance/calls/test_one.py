"""The page of one call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console import xai
from console.accounts.models import Membership, Team, User
from console.catalog.models import PriceVersion
from console.finance.calls.one import OneCall, one_call
from console.keys.models import ApiKey
from console.usage import ledger
from console.usage.booking import Ending
from console.usage.models import (
    CostSource,
    Endpoint,
    Outcome,
    RecordState,
    UsageRecord,
)
from tests.finance.calls.booked import TICKS, TOKENS, booked, whole
from tests.keys.stored import stored_model, stored_price
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}


@pytest.fixture
def price(team: Team) -> PriceVersion:
    return stored_price(stored_model(), team)


def stored(person: User, key: ApiKey, **more: Any) -> UsageRecord:
    now = timezone.now()
    known = {"settled_at": now, "first_token_at": now - timedelta(seconds=1)}
    (one,) = booked(whole(person, key, now - timedelta(seconds=3), **known | more))
    return one


def url(record: UsageRecord) -> str:
    return f"/usage/calls/{record.id}/"


def seen(user: User, record: UsageRecord) -> OneCall:
    found = one_call(user, record.id)
    assert found is not None
    return found


def test_shows_the_integer_proof_of_the_amount(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey, price: PriceVersion
) -> None:
    record = stored(sam, api_key, price=price, model=price.model)

    text = client_of(fin).get(url(record)).text

    assert "It cost $0.000412" in text
    for line in ("x 12,500", "= 384,000", "= 3,650,000", "4,121,500"):
        assert line in text
    assert "$0.00041215 exactly" in text
    assert "below the threshold of 200,000" in text
    assert f'href="/models/{price.model_id}/"' in text
    assert f'href="/keys/{api_key.pk}/"' in text
    assert "up-1" in text
    assert "after 2.00 s" in text
    for gone in ('id="overrun"', 'id="difference"'):
        assert gone not in text


def test_the_sum_is_what_the_ledger_booked(
    fin: User, sam: User, api_key: ApiKey, price: PriceVersion
) -> None:
    opening = ledger.Opening(
        person=sam,
        key=api_key,
        endpoint=Endpoint.MESSAGES,
        model_asked="grok-4.3",
        model=price.model,
        price=price,
        ceiling_ticks=10**8,
    )
    usage = xai.Usage(prompt_tokens=1_000, completion_tokens=50)
    record_id = ledger.open_record(opening)
    ledger.settle(record_id, Ending(outcome=Outcome.COMPLETE, usage=usage))

    found = one_call(fin, record_id)

    assert found is not None
    assert found.proof is not None
    assert found.proof.sum == found.row.ticks == 1_000 * 12_500 + 50 * 25_000
    assert [line.kind for line in found.proof.lines] == ["fresh input", "output"]


def test_a_difference_to_xais_amount_is_told_with_both(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey, price: PriceVersion
) -> None:
    record = stored(
        sam, api_key, price=price, ticks=5_000_000, reported_ticks=5_000_000
    )

    found, text = seen(fin, record), client_of(fin).get(url(record)).text

    assert found.difference is not None
    assert (found.difference.ticks, found.difference.share) == (878_500, "+21%")
    assert 'id="difference"' in text
    assert "+$0.000088 (+21%)" in text


def test_an_overrun_is_told(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey
) -> None:
    record = stored(sam, api_key, ceiling_ticks=TICKS - 1_500)

    assert seen(fin, record).overrun == 1_500
    assert 'id="overrun"' in client_of(fin).get(url(record)).text


@pytest.mark.parametrize(
    ("ticks", "ceiling"), [(100, 100), (None, 100), (100, None), (0, 0)]
)
def test_no_overrun_where_there_is_none(
    fin: User, sam: User, api_key: ApiKey, ticks: int | None, ceiling: int | None
) -> None:
    record = stored(sam, api_key, ticks=ticks, ceiling_ticks=ceiling)

    assert seen(fin, record).overrun is None


UNTOLD = dict.fromkeys([*TOKENS, "reported_ticks", "computed_ticks"])


@pytest.mark.parametrize(
    ("more", "heading", "reason"),
    [
        pytest.param(
            {**UNTOLD, "ticks": None, "source": CostSource.UNKNOWN},
            "Its cost is unknown, not zero",
            "xAI told no tokens",
            id="unknown",
        ),
        pytest.param(
            {**UNTOLD, "ticks": 77, "source": CostSource.ESTIMATED},
            "It cost &lt;$0.000001",
            "those counts are not kept",
            id="estimated",
        ),
        pytest.param(
            {**UNTOLD, "computed_ticks": 0, "ticks": 0}
            | {"source": CostSource.COMPUTED, "outcome": Outcome.REFUSED},
            "It cost $0.00",
            "refused the call before it generated",
            id="refused for free",
        ),
        pytest.param(
            {"reasoning_tokens": None},
            "It cost $0.000412",
            "from counts that are not all kept",
            id="not all kept",
        ),
    ],
)
def test_what_cannot_be_shown_has_a_reason(
    client_of: ClientOf,
    fin: User,
    sam: User,
    api_key: ApiKey,
    price: PriceVersion,
    more: dict[str, Any],
    heading: str,
    reason: str,
) -> None:
    record = stored(sam, api_key, price=price, **more)

    text = client_of(fin).get(url(record)).text

    assert heading in text
    assert reason in text


def test_a_call_in_flight_says_what_is_reserved(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey
) -> None:
    more = {"settled_at": None, "source": "", "outcome": "", "ticks": None}
    record = stored(sam, api_key, state=RecordState.OPEN, **UNTOLD | more)

    text = client_of(fin).get(url(record)).text

    assert "This call is in flight" in text
    assert "5,000,000 ticks) are reserved" in text
    assert seen(fin, record).proof is None


def test_a_call_of_which_nothing_was_sent_cost_nothing(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey
) -> None:
    more = {"source": "", "ticks": None, "outcome": Outcome.REFUSED}
    more |= {"problem": "connect", "status": None}
    record = stored(sam, api_key, state=RecordState.RELEASED, **UNTOLD | more)

    text = client_of(fin).get(url(record)).text

    assert "Nothing was sent" in text
    assert "No connection to xAI" in text


def test_xai_keeps_its_name_at_the_beginning(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey
) -> None:
    record = stored(sam, api_key, problem="timeout", outcome=Outcome.CUT)

    page = client_of(fin).get(url(record)).text

    assert "<dd>xAI did not answer in time</dd>" in page


def test_a_problem_is_told_in_words(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey
) -> None:
    record = stored(sam, api_key, problem="rate_limit", outcome=Outcome.REFUSED)

    text = client_of(fin).get(url(record)).text

    assert "Too many requests for the team and model" in text


def test_staff_open_their_own_calls_alone(
    client_of: ClientOf, sam: User, mia: User, ada: User, api_key: ApiKey
) -> None:
    own, other = stored(sam, api_key), stored(ada, api_key)

    assert client_of(sam).get(url(own)).status_code == 200
    assert client_of(sam).get(url(other)).status_code == 404
    assert client_of(mia).get(url(own)).status_code == 404


def test_the_key_is_no_link_to_who_has_left_its_team(
    client_of: ClientOf, sam: User, api_key: ApiKey
) -> None:
    record = stored(sam, api_key)
    Membership.objects.all().delete()

    text = client_of(sam).get(url(record)).text

    assert "search-prod" in text
    assert f'href="/keys/{api_key.pk}/"' not in text


def test_answers_htmx_with_the_call_alone(
    client_of: ClientOf, fin: User, sam: User, api_key: ApiKey
) -> None:
    part = client_of(fin).get(url(stored(sam, api_key)), headers=PART).text

    assert part.lstrip().startswith('<article class="stack-4" id="call"')
    assert "<html" not in part


def test_costs_two_queries(
    fin: User,
    sam: User,
    api_key: ApiKey,
    price: PriceVersion,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    record = stored(sam, api_key, price=price, model=price.model)

    with django_assert_num_queries(2):
        one_call(fin, record.id)
