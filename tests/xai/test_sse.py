"""The reader of server-sent events, with bytes cut anywhere."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.xai import Event
from console.xai.sse import EventReader, LineTooLong

# What str.splitlines() would cut at, and the standard does not.
TRAPS = "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e"
STREAM = (
    "\ufeff: a comment\n"
    "event: first\n"
    "data: one\n"
    "data:two\n"
    "data:  three\n"
    "id: 7\nretry: 10\nnonsense\n"
    "\n"
    "\n"
    f'data: {{"text": "é漢😀{TRAPS}"}}\n'
    "\n"
    "event: dropped, it has no data\n"
    "\n"
    "data\n"
    "\n"
    "data: [DONE]\n"
    "\n"
    "data: never completed"
)
EVENTS = [
    Event("first", "one\ntwo\n three"),
    Event("message", f'{{"text": "é漢😀{TRAPS}"}}'),
    Event("message", ""),
    Event("message", "[DONE]"),
]
ENDS = ["\n", "\r\n", "\r"]


def read(chunks: Iterable[bytes]) -> list[Event]:
    reader = EventReader()
    return [event for chunk in chunks for event in reader.feed(chunk)]


def written(end: str) -> bytes:
    return STREAM.replace("\n", end).encode()


@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_reads_a_stream_in_one_piece(end: str) -> None:
    assert read([written(end)]) == EVENTS


@pytest.mark.parametrize("end", ENDS, ids=repr)
@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_reads_a_stream_in_small_pieces(end: str, size: int) -> None:
    raw = written(end)

    assert read(raw[i : i + size] for i in range(0, len(raw), size)) == EVENTS


@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_reads_a_stream_cut_at_any_two_places(end: str) -> None:
    raw = written(end)
    for one in range(len(raw) + 1):
        for other in range(one, len(raw) + 1, 7):
            assert read([raw[:one], raw[one:other], raw[other:]]) == EVENTS


def test_line_ends_may_be_mixed_and_chunks_empty() -> None:
    chunks = [b"data: a\r", b"", b"\ndata: b\r", b"\r", b"\n", b"data: c\n\r\n"]

    assert read(chunks) == [Event("message", "a\nb"), Event("message", "c")]


def test_bad_utf_8_is_replaced() -> None:
    assert read([b"data: a\xffb\xc3\n\n"]) == [Event("message", "a\ufffdb\ufffd")]


def test_the_byte_order_mark_counts_only_at_the_beginning() -> None:
    assert read(["data: a\n\n\ufeffdata: b\n\n".encode()]) == [Event("message", "a")]


def test_an_event_is_handed_out_as_soon_as_it_is_complete() -> None:
    reader = EventReader()

    assert reader.feed(b"data: a\n") == []
    assert reader.feed(b"\n") == [Event("message", "a")]


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"])
def test_a_long_line_is_refused_before_it_is_whole(end: bytes) -> None:
    reader = EventReader(line_cap=100)
    for _ in range(10):
        reader.feed(b"x" * 10)

    with pytest.raises(LineTooLong):
        reader.feed(b"x" + end)


def test_an_event_of_many_lines_is_refused_as_well() -> None:
    reader = EventReader(line_cap=100)

    with pytest.raises(LineTooLong):
        reader.feed(b"data: 12345678\n" * 10)


def test_many_short_events_are_no_long_one() -> None:
    reader = EventReader(line_cap=20)

    assert len(reader.feed(b": comment\ndata: 12345678\n\n" * 100)) == 100


@settings(max_examples=500, deadline=None)
@given(
    events=st.lists(
        st.builds(
            Event,
            st.sampled_from(["message", "error", "content_block_delta"]),
            st.text().map(lambda text: text.replace("\r", "\n")),
        )
    ),
    size=st.integers(1, 20),
)
def test_what_is_written_is_read(events: list[Event], size: int) -> None:
    raw = b"".join(event.encode() for event in events)

    assert read(raw[i : i + size] for i in range(0, len(raw), size)) == events


@settings(max_examples=500, deadline=None)
@given(chunks=st.lists(st.binary(max_size=60)))
def test_any_bytes_are_read_the_same_however_they_are_cut(chunks: list[bytes]) -> None:
    assert read(chunks) == read([b"".join(chunks)])


def test_a_name_cannot_write_lines_of_its_own() -> None:
    assert Event("a\ndata: b", "c").encode() == b"event: a data: b\ndata: c\n\n"


def test_an_unnamed_event_is_written_without_a_name() -> None:
    assert Event("message", "a\nb").encode() == b"data: a\ndata: b\n\n"
