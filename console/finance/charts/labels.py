"""Keeping words apart: at the ends of lines, and along the top of a chart."""

from __future__ import annotations

from collections.abc import Sequence


def spread(
    places: Sequence[float], *, apart: float, top: float, bottom: float
) -> list[float]:
    """Return the places moved as little as needed to be `apart`, in the same order.

    They stay between `top` and `bottom` as long as there is room for them.
    """
    order = sorted(range(len(places)), key=places.__getitem__)
    moved: list[float] = []
    for index in order:
        least = moved[-1] + apart if moved else top
        moved.append(max(places[index], least))
    most = bottom
    for number in reversed(range(len(moved))):
        moved[number] = min(moved[number], most)
        most = moved[number] - apart
    found = list(places)
    for index, place in zip(order, moved, strict=True):
        found[index] = place
    return found


def rooms(spans: Sequence[tuple[float, float]], *, rows: int) -> list[int | None]:
    """Return a row for each span, in which nothing that came before is in its way.

    None where no row has room for it.
    """
    taken: list[list[tuple[float, float]]] = [[] for _ in range(rows)]
    found: list[int | None] = []
    for start, end in spans:
        row = next(
            (
                number
                for number, others in enumerate(taken)
                if all(end <= left or start >= right for left, right in others)
            ),
            None,
        )
        if row is not None:
            taken[row].append((start, end))
        found.append(row)
    return found
