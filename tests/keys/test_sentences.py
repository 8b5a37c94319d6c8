from __future__ import annotations

import pytest

from console.keys.acls import Model
from console.keys.sentences import Effect, sentences

SEEN = [Model("grok-4.3", ("grok-4.3-latest",)), Model("grok-4.5")]
ALL = ["api-key:model:*", "api-key:endpoint:*"]


@pytest.mark.parametrize(
    ("acls", "entry", "effect", "words"),
    [
        (ALL, ALL[0], Effect.OPENS_ALL, "every model"),
        (ALL, ALL[1], Effect.OPENS_ALL, "every endpoint"),
        ([*ALL, "api-key:model:grok-4.5"], None, Effect.COVERED, "wildcard"),
        ([*ALL, "api-key:endpoint:chat"], None, Effect.COVERED, "wildcard"),
        ([ALL[1], "api-key:model:grok-4.5"], None, Effect.OPENS, "grok-4.5."),
        ([ALL[0], "api-key:endpoint:sample"], None, Effect.OPENS, "legacy"),
        ([ALL[1], "api-key:model:grok-2"], None, Effect.DEAD, "does not list"),
        ([ALL[1], "api-key:model:grok-4.3-latest"], None, Effect.OPENS, "alias"),
        ([ALL[0], ALL[0], ALL[1]], ALL[0], Effect.OPENS_ALL, "every model"),
        (["api-key:model:grok-4.5"], None, Effect.DEAD, "allows an endpoint"),
        (["api-key:endpoint:chat"], None, Effect.DEAD, "allows a model"),
        ([*ALL, "api-key:endpoint:voice"], None, Effect.NOT_UNDERSTOOD, "voice"),
        ([*ALL, "api-key:region:eu"], None, Effect.NOT_UNDERSTOOD, "not know"),
        ([*ALL, ""], None, Effect.NOT_UNDERSTOOD, "not know"),
        ([ALL[1], "api-key:model:grok-4*"], None, Effect.DEAD, "partial wildcards"),
        ([ALL[1], "api-key:model:GROK-4.5"], None, Effect.DEAD, "lists grok-4.5"),
    ],
)
def test_an_entry_says_what_it_really_does(
    acls: list[str], entry: str | None, effect: Effect, words: str
) -> None:
    wanted = acls[-1] if entry is None else entry

    said = next(one for one in sentences(acls, seen=SEEN) if one.entry == wanted)

    assert said.effect == effect
    assert words in said.text


def test_an_entry_said_twice_counts_once() -> None:
    first, second, _ = sentences(["api-key:model:grok-4.5"] * 2 + ALL[1:], seen=SEEN)

    assert (first.effect, second.effect) == (Effect.OPENS, Effect.COVERED)


def test_a_model_is_not_called_gone_when_no_list_was_read() -> None:
    (said, _) = sentences(["api-key:model:grok-2", ALL[1]], seen=None)

    assert said.effect == Effect.NOT_KNOWN


def test_entries_that_were_not_told_have_no_sentences() -> None:
    assert sentences(None, seen=SEEN) == []


def test_an_alias_of_two_models_is_not_known() -> None:
    twins = [Model("grok-4.3", ("latest",)), Model("grok-4.5", ("latest",))]

    (said, _) = sentences(["api-key:model:latest", ALL[1]], seen=twins)

    assert said.effect == Effect.NOT_KNOWN
    assert "an alias of grok-4.3 and of grok-4.5" in said.text


def test_the_wildcard_says_how_many_models_it_opens_today() -> None:
    (read, _), (unread, _) = (sentences(ALL, seen=seen) for seen in (SEEN, None))

    assert "today 2, and every new one" in read.text
    assert "today" not in unread.text


def test_a_sentence_sets_off_what_it_speaks_of() -> None:
    (said, _) = sentences(["api-key:model:grok-4.5", ALL[1]], seen=SEEN)

    assert (said.lead, said.name, said.rest) == ("May use the model ", "grok-4.5", ".")


@pytest.mark.parametrize("effect", Effect)
def test_every_effect_has_a_look(effect: Effect) -> None:
    assert effect.look.glyph
    assert bool(effect.look.word) is bool(effect.look.severity)
