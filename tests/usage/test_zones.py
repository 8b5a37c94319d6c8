"""In whose days a person reads."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from console.accounts.models import User
from console.usage.models import ReportingZone
from console.usage.rollup import roll_up
from console.usage.zones import Zone, keep_zone, zone_names, zone_of


def test_is_the_organisations_if_nothing_is_chosen(fin: User) -> None:
    roll_up()

    assert zone_of(fin) == Zone("UTC", ReportingZone.objects.get(name="UTC").pk)


def test_before_the_first_roll_up_there_are_no_days(fin: User) -> None:
    assert zone_of(fin) == Zone("UTC", None)


def test_a_zone_that_nobody_used_comes_with_the_next_roll_up(fin: User) -> None:
    roll_up()

    keep_zone(user=fin, name="Asia/Kathmandu")

    fin.refresh_from_db()
    waiting = zone_of(fin)
    assert (waiting.name, waiting.comes) == ("UTC", "Asia/Kathmandu")
    roll_up()
    built = zone_of(fin)
    assert (built.name, built.comes) == ("Asia/Kathmandu", "")
    assert built.pk == ReportingZone.objects.get(name="Asia/Kathmandu").pk


def test_going_back_to_the_organisations_follows_it_from_then_on(
    fin: User, settings: Settings
) -> None:
    keep_zone(user=fin, name="Europe/Oslo")
    keep_zone(user=fin, name="UTC")

    fin.refresh_from_db()
    assert fin.time_zone == ""


def test_choosing_twice_makes_one_zone(fin: User, ada: User) -> None:
    for user in (fin, ada, fin):
        keep_zone(user=user, name="Europe/Oslo")
    roll_up()

    assert ReportingZone.objects.filter(name="Europe/Oslo").count() == 1


def test_costs_one_query(
    fin: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        zone_of(fin)


@pytest.mark.parametrize("name", ["UTC", "Europe/Oslo", "America/Argentina/Ushuaia"])
def test_places_can_be_chosen(name: str) -> None:
    assert name in zone_names()


@pytest.mark.parametrize("name", ["Etc/GMT+5", "localtime", "US/Pacific", "EST"])
def test_offsets_and_old_names_cannot(name: str) -> None:
    assert name not in zone_names()
