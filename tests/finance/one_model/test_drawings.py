"""The charts of a model: what stands in them and where they stop."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from console.accounts.models import Team, User
from console.catalog.models import LanguageModel
from console.finance.one_model import prices
from console.finance.one_model.drawings import Drawing, Span, drawings, gaps
from console.finance.one_model.prices import Version
from tests.finance.told import days_ago, told
from tests.keys.stored import stored_model
from tests.people import NOON

UTC_ZONE = ZoneInfo("UTC")
NO_TIER = {
    "prompt_text_token_price_long_context": 0,
    "cached_prompt_text_token_price_long_context": 0,
    "completion_text_token_price_long_context": 0,
}


def versions(model: LanguageModel, team: Team, ada: User) -> list[Version]:
    ever = prices.ever_told(user=ada, model=model.pk)
    return prices.versions(model=model.pk, team=team.pk, ever=ever)


def drawn(
    model: LanguageModel, team: Team, ada: User, span: Span = Span.YEAR
) -> dict[str, Drawing]:
    found = drawings(versions(model, team, ada), span=span, now=NOON, zone=UTC_ZONE)
    return {one.name: one for one in found}


def labels(drawing: Drawing) -> list[str]:
    return [label.words for label in drawing.chart.labels]


def test_standard_long_and_image_have_a_chart_each(ada: User, team: Team) -> None:
    model = stored_model()
    told(model, team, 30, 0)

    found = drawn(model, team, ada)

    assert list(found) == ["standard", "long", "image"]
    assert labels(found["standard"]) == ["output $2.50", "input $1.25", "cached $0.20"]
    assert labels(found["long"]) == ["output $5.00", "input $2.50", "cached $0.40"]
    assert labels(found["image"]) == ["image $1.25"]
    assert found["image"].chart.low


def test_what_is_no_tier_and_takes_no_image_has_no_chart(ada: User, team: Team) -> None:
    model = stored_model()
    told(model, team, 30, 0, prompt_image_token_price=0, **NO_TIER)

    assert list(drawn(model, team, ada)) == ["standard"]


def test_a_step_is_noted_with_its_share(ada: User, team: Team) -> None:
    model = stored_model()
    told(model, team, 60, 10.2, completion_text_token_price=15_000)
    told(model, team, 10, 0, completion_text_token_price=18_000)

    standard = drawn(model, team, ada)["standard"]

    (note,) = standard.chart.notes
    assert note.words == "output +20%, first seen 10 Jun 2026"
    assert standard.finding == "Newest step: output +20%, first seen 10 Jun 2026"
    (untold,) = standard.chart.bands
    assert untold.words == "Not known: before the first look, 21 Apr 2026"


def test_a_long_time_without_a_look_is_a_gap(ada: User, team: Team) -> None:
    model = stored_model()
    told(model, team, 90, 60)
    told(model, team, 40, 0)

    _, band = drawn(model, team, ada)["standard"].chart.bands

    assert band.words == "Not known: no look, 21 Apr 2026 to 11 May 2026"


def test_a_model_that_is_missing_is_not_drawn_up_to_now(ada: User, team: Team) -> None:
    model = stored_model()
    told(model, team, 90, 0.3, missing_at=days_ago(0.1))

    (gap,) = gaps(versions(model, team, ada), now=NOON, zone=UTC_ZONE)

    assert gap.words.startswith("Not known: not listed")
    assert (gap.start, gap.end) == (days_ago(0.3), NOON)


def test_an_odd_price_is_left_out_and_said(ada: User, team: Team) -> None:
    model = stored_model()
    told(model, team, 60, 10.2)
    odd: dict[str, Any] = {"odd": ["completion_text_token_price"]}
    told(model, team, 10, 0, completion_text_token_price=2_500_000, **odd)

    standard = drawn(model, team, ada)["standard"]

    assert standard.chart.grid[-1].words == "$3.00"
    assert standard.chart.notes[0].words.startswith("output odd, not drawn")
    assert standard.rows[0].cells[0].unsure


def test_the_span_cuts_off_what_is_older(ada: User, team: Team) -> None:
    model = stored_model()
    told(model, team, 800, 700, completion_text_token_price=1)
    told(model, team, 699, 0)

    rows = {span: len(drawn(model, team, ada, span)["standard"].rows) for span in Span}

    assert rows == {Span.QUARTER: 1, Span.YEAR: 1, Span.ALL: 2}
    assert Span.ALL.start(first=days_ago(800), now=NOON) == days_ago(800)
    assert Span.ALL.start(first=days_ago(1), now=NOON) == days_ago(30)


def test_a_time_in_which_nothing_was_seen_is_one_gap_and_no_row(
    ada: User, team: Team
) -> None:
    model = stored_model()
    told(model, team, 800, 700)

    found = drawn(model, team, ada, Span.QUARTER)

    assert list(found) == ["standard"]
    chart = found["standard"].chart
    assert (chart.strokes, found["standard"].rows) == ((), ())
    assert [(band.x, band.width) for band in chart.bands] == [("9.50%", "65.50%")]


def test_a_gap_that_began_before_the_span_is_drawn_in_it(ada: User, team: Team) -> None:
    model = stored_model()
    told(model, team, 800, 400)
    told(model, team, 46, 0)

    (band,) = drawn(model, team, ada, Span.QUARTER)["standard"].chart.bands

    assert (band.x, band.width) == ("9.50%", "32.75%")


def test_minutes_of_history_say_when_it_began(ada: User, team: Team) -> None:
    model = stored_model()
    told(model, team, 0.03, 0.02)
    told(model, team, 0.01, 0, completion_text_token_price=30_000)

    young = drawn(model, team, ada)["standard"]

    assert young.began == days_ago(0.03)
    (band,) = young.chart.bands
    assert float(band.width.rstrip("%")) > 65
    assert len([note for note in young.chart.notes if note.label]) == 1


def test_history_that_fills_the_chart_began_before_it(ada: User, team: Team) -> None:
    model = stored_model()
    told(model, team, 400, 0)

    full = drawn(model, team, ada)["standard"]

    assert full.began is None
    assert full.chart.bands == ()
