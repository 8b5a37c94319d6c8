"""Golden places of step charts."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from console.finance.charts import Gap, Note, Series, Step, StepChart, step_chart

START = datetime(2026, 3, 8, tzinfo=UTC)
END = START + timedelta(days=100)


def at(day: float) -> datetime:
    return START + timedelta(days=day)


def step(first: float, last: float, value: int | None, words: str = "w") -> Step:
    return Step(at(first), at(last), value, words)


def drawn(*steps: Step, gaps: list[Gap] | None = None, **more: object) -> StepChart:
    return step_chart(
        [Series("output", steps)],
        start=START,
        end=END,
        zone=ZoneInfo("UTC"),
        words=lambda value: f"${value / 10_000:.2f}",
        gaps=gaps or [],
        **more,  # type: ignore[arg-type]
    )


def lines(chart: StepChart) -> list[tuple[str, str, str, str]]:
    return [(one.x1, one.x2, one.y1, one.y2) for one in chart.strokes]


def test_a_price_that_rose_is_two_levels_and_an_upright() -> None:
    chart = drawn(step(0, 49.8, 15_000), step(50, 100, 18_000))

    assert lines(chart) == [
        ("9.50%", "42.25%", "76.5", "76.5"),
        ("42.25%", "42.25%", "76.5", "54.6"),
        ("42.25%", "75.00%", "54.6", "54.6"),
    ]
    assert {one.look for one in chart.strokes} == {"l1"}


def test_the_axis_starts_at_zero_dollars() -> None:
    chart = drawn(step(0, 100, 18_000))

    assert [(line.words, line.y) for line in chart.grid] == [
        ("$0.00", "186.0"),
        ("$0.50", "149.5"),
        ("$1.00", "113.0"),
        ("$1.50", "76.5"),
        ("$2.00", "40.0"),
    ]


def test_nothing_is_drawn_where_nothing_is_known() -> None:
    gap = Gap(at(20), at(60), "not known")

    chart = drawn(step(0, 20, 10_000), step(60, 100, 20_000), gaps=[gap])

    assert lines(chart) == [
        ("9.50%", "22.60%", "113.0", "113.0"),
        ("48.80%", "75.00%", "40.0", "40.0"),
    ]
    (band,) = chart.bands
    assert (band.x, band.width, band.words) == ("22.60%", "26.20%", "not known")


def test_a_price_that_is_not_told_is_not_drawn_as_zero() -> None:
    chart = drawn(step(0, 40, 10_000), step(50, 60, None), step(70, 100, 10_000))

    assert [one[:2] for one in lines(chart)] == [
        ("9.50%", "42.25%"),
        ("55.35%", "75.00%"),
    ]


def test_a_line_that_ended_stops_where_it_was_last_seen() -> None:
    chart = drawn(step(0, 40, 10_000), gaps=[Gap(at(40), END, "not listed")])

    assert lines(chart) == [("9.50%", "35.70%", "40.0", "40.0")]
    assert chart.bands[0].width == "39.30%"


def test_a_step_that_began_before_starts_at_the_edge() -> None:
    chart = drawn(step(-90, -50, 90_000), step(-50, 100, 10_000))

    assert lines(chart) == [("9.50%", "75.00%", "40.0", "40.0")]


def test_labels_stand_at_the_end_and_apart() -> None:
    series = [
        Series(label, [step(0, 100, value)])
        for label, value in [("output", 18_000), ("input", 2_000), ("cached", 200)]
    ]

    chart = step_chart(series, start=START, end=END, zone=ZoneInfo("UTC"), words=str)

    assert [(one.words, one.x, one.y) for one in chart.labels] == [
        ("output", "76.00%", "58.6"),
        ("input", "76.00%", "175.0"),
        ("cached", "76.00%", "190.0"),
    ]
    assert [one.look for one in chart.strokes] == ["l1", "l2", "l4"]


def test_notes_say_what_explains_a_step_newest_first() -> None:
    notes = [Note(at(85), "+10%, old"), Note(at(90), "+20%, new"), Note(at(200), "no")]

    chart = drawn(step(0, 100, 10_000), notes=notes)

    old, new = chart.notes
    assert new.label is not None
    assert old.label is not None
    assert (new.label.x, new.label.y, new.label.end) == ("67.45%", "20.0", True)
    assert (old.label.y, old.label.spare, new.label.spare) == ("34.0", True, False)


def test_of_steps_that_pile_up_only_the_newest_has_words() -> None:
    notes = [Note(at(day), f"+{day}%") for day in (50, 97, 98, 99)]

    chart = drawn(step(0, 100, 10_000), notes=notes)

    told = [note.label.words for note in chart.notes if note.label]
    assert told == ["+50%", "+99%"]
    assert [note.words for note in chart.notes] == ["+50%", "+97%", "+98%", "+99%"]


def test_words_that_have_no_room_on_a_phone_are_left_out_there() -> None:
    notes = [Note(at(70), "output +20%, input +20%, first seen 14 Jun 2026")]

    (long,) = drawn(step(0, 100, 10_000), notes=notes).notes
    (short,) = drawn(step(0, 100, 10_000), notes=[Note(at(70), "+20%")]).notes

    assert long.label
    assert short.label
    assert (long.label.spare, short.label.spare) == (True, False)


def test_a_note_without_room_keeps_its_line_and_title() -> None:
    notes = [Note(at(88 + n), f"+{n}%, first seen then") for n in range(4)]

    chart = drawn(step(0, 100, 10_000), notes=notes)

    assert [note.label is None for note in chart.notes] == [True, True, True, False]
    assert len(chart.notes) == 4


def test_a_note_at_the_left_reads_to_the_right() -> None:
    (note,) = drawn(step(0, 100, 1), notes=[Note(at(1), "listed")]).notes

    assert note.label is not None
    assert (note.label.x, note.label.end) == ("11.15%", False)


def test_an_empty_chart_has_axes_only() -> None:
    chart = drawn()

    assert (chart.strokes, chart.labels) == ((), ())
    assert chart.grid[0].words == "$0.00"


def test_a_low_drawing_has_fewer_lines_in_less_room() -> None:
    chart = drawn(step(0, 100, 12_500), low=True)

    assert [(line.words, line.y) for line in chart.grid] == [
        ("$0.00", "98.0"),
        ("$1.00", "69.0"),
        ("$2.00", "40.0"),
    ]
    assert (chart.base, chart.dates, chart.height) == (98, 120, 88)


@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.none() | st.integers(0, 10**9)), max_size=12
    )
)
def test_nothing_is_drawn_twice_or_outside(
    lengths: list[tuple[int, int | None]],
) -> None:
    steps, day = [], -50
    for length, value in lengths:
        steps.append(step(day, day + length - 0.5, value))
        day += length

    chart = drawn(*steps)

    levels = [one for one in chart.strokes if one.y1 == one.y2]
    ends = [(float(o.x1.rstrip("%")), float(o.x2.rstrip("%"))) for o in levels]
    assert all(9.5 <= x1 <= x2 <= 75 for x1, x2 in ends)
    assert all(a[1] <= b[0] for a, b in pairwise(ends))
    assert all(40 <= float(one.y2) <= 186 for one in chart.strokes)


@pytest.mark.parametrize("name", [field.name for field in fields(StepChart)])
def test_it_is_written_anew_when_anything_in_it_differs(name: str) -> None:
    steps = step(0, 50, 20_000), step(60, 100, 30_000)
    gap, note = Gap(at(50), at(60), "no look"), Note(at(60), "dearer")
    chart = drawn(*steps, gaps=[gap], notes=[note])
    other = drawn(step(10, 40, 70_000), step(60, 90, None), low=True)

    mixed = replace(chart, **{name: getattr(other, name)})

    assert written(chart) == written(replace(chart))
    assert (written(mixed) == written(chart)) == (mixed == chart)


def written(chart: StepChart) -> str:
    return render_to_string(
        "finance/_step_chart.html", {"chart": chart, "caption": "caption"}
    )
