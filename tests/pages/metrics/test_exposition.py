"""The text that Prometheus reads."""

from __future__ import annotations

from console.pages.metrics.exposition import Family, Kind, Sample, exposition


def test_a_family_has_its_help_its_type_and_its_samples() -> None:
    family = Family(
        "gatehouse_calls_total",
        Kind.COUNTER,
        "Settled calls.",
        (Sample(2, {"model": "grok-4.3", "endpoint": "chat"}), Sample(0.5)),
    )

    assert exposition([family]) == (
        "# HELP gatehouse_calls_total Settled calls.\n"
        "# TYPE gatehouse_calls_total counter\n"
        'gatehouse_calls_total{model="grok-4.3",endpoint="chat"} 2\n'
        "gatehouse_calls_total 0.5\n"
    )


def test_labels_and_help_cannot_break_a_line() -> None:
    odd = Sample(1, {"model": 'a"b\\c\nd'})

    text = exposition([Family("one", Kind.GAUGE, "a\nb\\", (odd,))])

    assert text.splitlines() == [
        "# HELP one a\\nb\\\\",
        "# TYPE one gauge",
        'one{model="a\\"b\\\\c\\nd"} 1',
    ]


def test_large_whole_numbers_are_written_whole() -> None:
    text = exposition([Family("one", Kind.GAUGE, "x", (Sample(2**63 - 1),))])

    assert text.endswith(" 9223372036854775807\n")
