"""Which key is used, and which rule refuses."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings as configured
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault, xai
from console.accounts.models import Membership, Team, User
from console.catalog import costs
from console.catalog.models import LanguageModel
from console.keys.models import ApiKey, KeyModel, KeyState
from console.relay.admission import Call, admit, admit_with
from console.relay.candidates import candidates_of
from console.relay.parameters import PLAIN as NOTHING_MORE
from console.relay.parameters import Extras
from console.relay.refusal import Refused, Rule
from console.usage.models import Endpoint, RecordState, UsageRecord
from tests.people import SECRET
from tests.relay import stock

CHAT_ONLY = ["api-key:endpoint:chat"]
PLAIN = "grok-4.20-non-reasoning"  # its limit of output is one
NAMES_GROK = "api-key:model:grok-4.3"


@pytest.fixture
def grok(db: None) -> LanguageModel:
    return stock.language_model(aliases=["grok-latest"])


def ask(
    person: User,
    *,
    model: str = stock.GROK,
    endpoint: Endpoint = Endpoint.CHAT,
    max_tokens: int | None = 100,
    team_id: UUID | None = None,
    extras: Extras = NOTHING_MORE,
) -> Call:
    return admit(
        user=person,
        endpoint=endpoint,
        model=model,
        prompt_bytes=1000,
        max_tokens=max_tokens,
        team_id=team_id,
        extras=extras,
    )


def refusal_of(person: User, **asked: str) -> Refused:
    with pytest.raises(Refused) as refused:
        ask(person, model=asked.get("model", stock.GROK))
    assert not UsageRecord.objects.exists()
    assert refused.value.sentence
    assert refused.value.advice
    assert str(refused.value) == refused.value.sentence
    return refused.value


def test_a_member_gets_a_key_and_an_open_record(
    sam: User, team: Team, api_key: ApiKey, grok: LanguageModel
) -> None:
    price = stock.price(grok, team)
    stock.usable(api_key, grok)

    call = ask(sam)

    record = UsageRecord.objects.get(pk=call.record_id)
    assert (call.key_id, call.key_label) == (api_key.pk, "search-prod")
    assert (call.team_name, call.host, call.model) == ("Search", "xai", "grok-4.3")
    assert isinstance(call.auth, xai.XaiAuth)
    assert record.state == RecordState.OPEN
    assert (record.model, record.price) == (grok, price)
    assert record.consumer.person == sam
    assert SECRET not in repr(call)


def test_the_ceiling_bounds_what_the_call_may_cost(
    sam: User, team: Team, api_key: ApiKey
) -> None:
    plain = stock.language_model(PLAIN)
    stock.price(plain, team)
    stock.usable(api_key, plain)

    call = ask(sam, model=PLAIN, max_tokens=100)

    record = UsageRecord.objects.get(pk=call.record_id)
    assert record.ceiling_ticks == 1000 * 12500 + 100 * 25000


@pytest.mark.parametrize(
    ("name", "capabilities"),
    [
        pytest.param("grok-x", {"reasoning_effort": ["low"]}, id="xAI says so"),
        pytest.param("grok-4.3", None, id="its family does"),
        pytest.param("grok-x", None, id="nobody says that it does not"),
    ],
)
def test_the_ceiling_of_a_model_that_may_reason_is_its_context(
    sam: User,
    team: Team,
    api_key: ApiKey,
    name: str,
    capabilities: dict[str, object] | None,
) -> None:
    thinks = stock.language_model(name, context_length=5000, capabilities=capabilities)
    stock.price(thinks, team)
    stock.usable(api_key, thinks)

    record = UsageRecord.objects.get(pk=ask(sam, model=name, max_tokens=100).record_id)

    assert record.ceiling_ticks == 1000 * 12500 + 5000 * 25000


@pytest.mark.parametrize(
    ("extras", "prompt", "factor"),
    [
        pytest.param(Extras(choices=3), 1000, 3, id="each of three answers"),
        pytest.param(Extras(images=2), 1000 + 2 * 1792, 1, id="two images"),
        pytest.param(Extras(service_tier="priority"), 1000, 2, id="a dearer tier"),
        pytest.param(
            Extras(choices=4, images=4, service_tier="fast"),
            1000 + 4 * 1792,
            8,
            id="all of it",
        ),
    ],
)
def test_what_is_asked_for_beside_the_text_is_in_the_ceiling(
    sam: User, team: Team, api_key: ApiKey, extras: Extras, prompt: int, factor: int
) -> None:
    plain = stock.language_model(PLAIN)
    price = stock.price(plain, team)
    stock.usable(api_key, plain)

    call = ask(sam, model=PLAIN, max_tokens=100, extras=extras)

    record = UsageRecord.objects.get(pk=call.record_id)
    assert record.ceiling_ticks == factor * (prompt * 12500 + 100 * 25000)
    # The dearest call that fits into what was asked for costs no more.
    usage = xai.Usage(
        prompt_tokens=prompt,
        cached_tokens=0,
        image_tokens=extras.images * 1792,
        completion_tokens=100 * extras.choices,
        reasoning_tokens=0,
    )
    tier = 2 if extras.service_tier else 1
    cost = costs.cost_ticks(costs.Prices.of(price), usage)
    assert cost is not None
    assert record.ceiling_ticks >= cost * tier


def test_images_that_cost_more_than_text_are_in_the_ceiling(
    sam: User, team: Team, api_key: ApiKey
) -> None:
    plain = stock.language_model(PLAIN)
    stock.price(plain, team, prompt_image_token_price=90_000)
    stock.usable(api_key, plain)

    call = ask(sam, model=PLAIN, max_tokens=1, extras=Extras(images=1))

    record = UsageRecord.objects.get(pk=call.record_id)
    assert record.ceiling_ticks == 2792 * 90_000 + 25_000
    assert call.prompt_tokens == 250 + 1792


def test_a_ceiling_that_cannot_be_stored_is_not_known(
    sam: User, team: Team, api_key: ApiKey
) -> None:
    plain = stock.language_model(PLAIN)
    stock.price(plain, team, completion_text_token_price=2**55)
    stock.usable(api_key, plain)

    call = ask(sam, model=PLAIN, max_tokens=200, extras=Extras(choices=4))

    assert UsageRecord.objects.get(pk=call.record_id).ceiling_ticks is None


def test_what_the_model_does_not_take_is_refused_before_anything_is_written(
    sam: User, team: Team, api_key: ApiKey
) -> None:
    blind = stock.language_model("grok-2-1212", aliases=["grok-2"])
    blind.input_modalities = ["text"]
    blind.save(update_fields=["input_modalities"])
    stock.usable(api_key, blind)

    with pytest.raises(Refused) as refused:
        ask(sam, model="grok-2", extras=Extras(images=1))

    assert (refused.value.status, refused.value.reason.rule) == (422, Rule.PARAMETER)
    assert refused.value.sentence == "grok-2-1212 reads text alone."
    assert not UsageRecord.objects.exists()


class TestATeamThatPays:
    """Several teams of one person can: the person chooses."""

    @pytest.fixture
    def both(
        self,
        sam: User,
        team: Team,
        other_team: Team,
        api_key: ApiKey,
        grok: LanguageModel,
    ) -> User:
        Membership.objects.create(user=sam, team=other_team)
        stock.usable(api_key, grok)
        stock.usable(stock.stored(other_team, "wide"), grok, stock.language_model("x"))
        return sam

    def test_by_itself_the_weakest_key_of_all_is_used(self, both: User) -> None:
        assert ask(both).key_label == "search-prod"

    def test_the_chosen_team_pays(self, both: User, other_team: Team) -> None:
        call = ask(both, team_id=other_team.pk)

        record = UsageRecord.objects.get(pk=call.record_id)
        assert (call.key_label, record.team) == ("wide", other_team)

    def test_another_team_does_not_step_in(
        self, both: User, other_team: Team, api_key: ApiKey
    ) -> None:
        ApiKey.objects.filter(label="wide").update(state=KeyState.DISABLED)

        with pytest.raises(Refused) as refused:
            ask(both, team_id=other_team.pk)

        assert "wide of" in refused.value.sentence

    @pytest.mark.parametrize("there", [True, False])
    def test_a_team_of_others_is_as_one_that_is_not_there(
        self, sam: User, api_key: ApiKey, other_team: Team, there: bool
    ) -> None:
        with pytest.raises(Refused) as refused:
            ask(sam, team_id=other_team.pk if there else uuid4())

        assert refused.value.status == 404
        assert refused.value.sentence == (
            "You do not belong to the team that was chosen to pay."
        )
        assert not UsageRecord.objects.exists()


@pytest.mark.parametrize(
    ("priced", "max_tokens", "endpoint"),
    [
        pytest.param(False, 100, Endpoint.CHAT, id="no price"),
        pytest.param(True, None, Endpoint.CHAT, id="no limit"),
        pytest.param(True, 100, Endpoint.TOKENIZE, id="no price is published"),
    ],
)
def test_a_ceiling_that_is_not_known_is_none(
    sam: User,
    team: Team,
    api_key: ApiKey,
    grok: LanguageModel,
    priced: bool,
    max_tokens: int | None,
    endpoint: Endpoint,
) -> None:
    if priced:
        stock.price(grok, team)
    stock.usable(api_key, grok)

    call = ask(sam, max_tokens=max_tokens, endpoint=endpoint)

    assert UsageRecord.objects.get(pk=call.record_id).ceiling_ticks is None


def test_the_newest_price_of_the_keys_own_team_is_noted(
    sam: User, team: Team, other_team: Team, api_key: ApiKey, grok: LanguageModel
) -> None:
    stock.price(grok, team)
    newest = stock.price(grok, team, completion_text_token_price=1)
    stock.price(grok, other_team)
    stock.usable(api_key, grok)

    record = UsageRecord.objects.get(pk=ask(sam).record_id)

    assert record.price == newest


def test_an_alias_is_asked_for_as_it_was_given(
    sam: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    stock.usable(api_key, grok)

    call = ask(sam, model="grok-latest")

    record = UsageRecord.objects.get(pk=call.record_id)
    assert call.model == record.model_asked == "grok-latest"
    assert record.model == grok


def test_an_id_comes_before_an_alias_of_that_name(sam: User, api_key: ApiKey) -> None:
    other = stock.language_model("aaa", aliases=["twin"])
    twin = stock.language_model("twin")
    stock.usable(api_key, other, twin)

    record = UsageRecord.objects.get(pk=ask(sam, model="twin").record_id)

    assert record.model == twin


def test_the_weakest_key_that_may_is_used(
    sam: User, team: Team, api_key: ApiKey, grok: LanguageModel
) -> None:
    mini = stock.language_model("grok-mini")
    stock.usable(api_key, grok, mini)
    one_model = stock.usable(stock.stored(team, "one-model"), grok)
    few = ["api-key:model:*", "api-key:endpoint:chat", "api-key:endpoint:models"]
    weakest = stock.usable(stock.stored(team, "weakest"), grok, acls=few)

    assert ask(sam).key_id == weakest.pk
    assert ask(sam, endpoint=Endpoint.TOKENIZE).key_id == one_model.pk
    assert ask(sam, model="grok-mini").key_id == api_key.pk


def test_a_key_that_may_not_list_models_is_used_for_what_its_acls_name(
    sam: User, team: Team, api_key: ApiKey, grok: LanguageModel
) -> None:
    """Its team's other keys tell that the model is there; it may do least."""
    price = stock.price(grok, team)
    stock.usable(api_key, grok, stock.language_model("grok-mini"))
    blind = stock.usable(stock.stored(team, "blind"), acls=[*CHAT_ONLY, NAMES_GROK])

    call = ask(sam)

    assert call.key_id == blind.pk
    assert UsageRecord.objects.get(pk=call.record_id).price == price
    assert ask(sam, model="grok-latest").key_id == blind.pk
    assert ask(sam, model="grok-mini").key_id == api_key.pk


@pytest.mark.parametrize(
    ("acls", "models"),
    [
        pytest.param(["api-key:model:grok-latest"], 1, id="by an alias"),
        pytest.param(["api-key:model:a", NAMES_GROK], 2, id="among others"),
        pytest.param(["api-key:model:*"], 3, id="by the wildcard"),
    ],
)
def test_what_the_acls_of_such_a_key_name_is_its_strength(
    sam: User,
    team: Team,
    api_key: ApiKey,
    grok: LanguageModel,
    acls: list[str],
    models: int,
) -> None:
    others = [stock.language_model(name) for name in ("a", "b")]
    stock.usable(api_key, grok, *others, state=KeyState.DISABLED)
    stock.usable(stock.stored(team, "blind"), acls=[*CHAT_ONLY, *acls])

    found = candidates_of(sam, asked=stock.GROK)
    (blind,) = (one for one in found if one.key.label == "blind")

    assert blind.strength == (models, 1, "blind")
    assert ask(sam).key_label == "blind"


def test_what_such_a_key_saw_before_still_counts(
    sam: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    """Its ACLs were narrowed after its models were read."""
    stock.usable(api_key, grok, acls=[*CHAT_ONLY, NAMES_GROK])

    assert ask(sam).key_id == api_key.pk


def test_a_model_that_an_acl_names_and_nobody_lists_is_refused_with_the_reason(
    sam: User, team: Team, other_team: Team, api_key: ApiKey, grok: LanguageModel
) -> None:
    stock.usable(api_key, acls=[*CHAT_ONLY, NAMES_GROK])
    stock.usable(stock.stored(other_team, "theirs"), grok)

    refused = refusal_of(sam)

    assert refused.reason.rule == Rule.UNLISTED
    assert "search-prod allow grok-4.3, but leave out the lists" in refused.sentence
    assert "api-key:endpoint:models" in refused.advice


def test_a_name_from_outside_cannot_turn_the_sentence_around(
    sam: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    stock.usable(api_key, grok)

    refused = refusal_of(sam, model="\u202egrok")

    assert "\\u202egrok" in refused.sentence
    assert refused.sentence.isprintable()


def test_a_blocked_key_is_passed_over(
    sam: User, team: Team, api_key: ApiKey, grok: LanguageModel
) -> None:
    stock.usable(api_key, grok, state=KeyState.KEY_BLOCKED)
    strong = stock.usable(stock.stored(team, "strong"), grok)

    assert ask(sam).key_id == strong.pk


def test_the_key_of_another_team_is_never_used(
    sam: User, olga: User, other_team: Team, mia: User, grok: LanguageModel
) -> None:
    theirs = stock.usable(stock.stored(other_team, "theirs"), grok)

    assert ask(mia).key_id == theirs.pk
    UsageRecord.objects.all().delete()
    assert refusal_of(sam).reason.rule == Rule.NO_KEY
    assert refusal_of(olga).reason.rule == Rule.NO_TEAM  # although she sees all keys


def test_one_team_can_be_asked_for(
    sam: User, team: Team, other_team: Team, api_key: ApiKey, grok: LanguageModel
) -> None:
    Membership.objects.create(user=sam, team=other_team)
    stock.usable(api_key, grok)
    second = stock.usable(stock.stored(other_team, "second"), grok)

    call = admit(
        user=sam,
        endpoint=Endpoint.CHAT,
        model=stock.GROK,
        prompt_bytes=1,
        max_tokens=1,
        team_id=other_team.pk,
    )

    assert call.key_id == second.pk


def test_an_admin_of_no_team_spends_nothing(
    ada: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    stock.usable(api_key, grok)
    Membership.objects.all().delete()

    assert refusal_of(ada).reason.rule == Rule.NO_TEAM


def test_a_removed_key_is_gone(sam: User, api_key: ApiKey, grok: LanguageModel) -> None:
    stock.usable(api_key, grok)
    ApiKey.objects.update(removed_at=timezone.now())

    assert refusal_of(sam).reason.rule == Rule.NO_KEY


def test_a_model_that_no_key_sees_is_named(
    sam: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    stock.usable(api_key, grok)

    refused = refusal_of(sam, model="grok-9")

    assert refused.reason.rule == Rule.MODEL
    assert "grok-9" in refused.sentence


def test_a_model_that_is_not_seen_any_more_is_refused(
    sam: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    stock.usable(api_key, grok)
    KeyModel.objects.update(seen_until=timezone.now())

    assert refusal_of(sam).reason.rule == Rule.MODEL


def test_acls_that_changed_since_the_list_was_read_count(
    sam: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    acls = ["api-key:model:grok-mini", "api-key:endpoint:*"]
    stock.usable(api_key, grok, acls=acls)

    refused = refusal_of(sam)

    assert refused.reason.rule == Rule.MODEL
    assert "search-prod" in refused.sentence


@pytest.mark.parametrize(
    "acls",
    [
        pytest.param(["api-key:model:*", "api-key:endpoint:models"], id="not named"),
        pytest.param(["api-key:model:*"], id="none named"),
        pytest.param(None, id="not told"),
    ],
)
def test_an_endpoint_that_no_key_may_call_is_refused(
    sam: User, api_key: ApiKey, grok: LanguageModel, acls: list[str] | None
) -> None:
    stock.usable(api_key, grok, acls=acls)

    assert refusal_of(sam).reason.rule == Rule.ENDPOINT


@pytest.mark.parametrize(
    "state", [state for state in KeyState if state != KeyState.ACTIVE]
)
def test_each_state_that_stops_a_key_is_said(
    sam: User, api_key: ApiKey, grok: LanguageModel, state: KeyState
) -> None:
    stock.usable(api_key, grok, state=state)

    refused = refusal_of(sam)

    assert refused.reason.rule == Rule.STATE
    assert "search-prod of Search" in refused.sentence


@pytest.mark.parametrize("watched", [True, False])
def test_a_key_that_was_not_verified_for_long_is_not_relied_on(
    sam: User, api_key: ApiKey, grok: LanguageModel, watched: bool
) -> None:
    stock.usable(api_key, grok)
    long_ago = timezone.now() - 6 * configured.XAI_POLL_EVERY - timedelta(seconds=1)
    ApiKey.objects.update(verified_at=long_ago, watched=watched)

    refused = refusal_of(sam)

    assert refused.reason.rule == Rule.AGE
    assert ("paused" in refused.advice) is not watched


def test_a_stale_key_is_still_used(
    sam: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    stock.usable(api_key, grok)
    stale = timezone.now() - 3 * configured.XAI_POLL_EVERY
    ApiKey.objects.update(verified_at=stale)

    assert ask(sam).key_id == api_key.pk


def test_of_many_reasons_the_one_nearest_to_a_yes_is_told(
    sam: User, team: Team, api_key: ApiKey, grok: LanguageModel
) -> None:
    stock.usable(api_key)  # sees no model
    no_chat = ["api-key:model:*"]
    stock.usable(stock.stored(team, "no-chat"), grok, acls=no_chat)
    near = stock.stored(team, "disabled-one")
    stock.usable(near, grok, state=KeyState.DISABLED)

    refused = refusal_of(sam)

    assert refused.reason.rule == Rule.STATE
    assert "disabled-one" in refused.sentence


def test_a_sealed_vault_refuses_and_says_so(
    sam: User,
    api_key: ApiKey,
    grok: LanguageModel,
    settings: Settings,
    tmp_path: Path,
) -> None:
    stock.usable(api_key, grok)
    settings.KEK_FILE = tmp_path / "missing"
    vault.forget()

    refused = refusal_of(sam)

    assert (refused.reason.rule, refused.status) == (Rule.SEALED, 503)


def test_a_secret_that_was_moved_to_another_row_is_not_used(
    sam: User, team: Team, api_key: ApiKey, grok: LanguageModel
) -> None:
    stock.usable(api_key, grok)
    other = stock.stored(team, "other")
    ApiKey.objects.filter(pk=api_key.pk).update(sealed_secret=other.sealed_secret)

    refused = refusal_of(sam)

    assert (refused.reason.rule, refused.status) == (Rule.SECRET, 503)
    assert SECRET not in str(refused)


def test_a_host_that_the_settings_no_longer_name_is_refused(
    sam: User, api_key: ApiKey, grok: LanguageModel, settings: Settings
) -> None:
    stock.usable(api_key, grok)
    settings.XAI_HOSTS = {"elsewhere": "https://api.x.ai"}

    assert refusal_of(sam).reason.rule == Rule.SECRET


@pytest.mark.parametrize("number", [1, 30])
def test_the_number_of_queries_does_not_grow_with_the_keys(
    sam: User,
    team: Team,
    api_key: ApiKey,
    grok: LanguageModel,
    number: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    stock.price(grok, team)
    stock.usable(api_key, grok)
    for index in range(number):
        stock.usable(stock.stored(team, f"more-{index}"), grok)
    ask(sam)

    # Keys, model, price, record.
    with django_assert_max_num_queries(4):
        ask(sam)


class TestAChosenKey:
    """`admit_with`: an admin named the key, so the weakest one is not looked for."""

    def ask(self, key: ApiKey, person: User) -> Call:
        return admit_with(
            key=key,
            user=person,
            endpoint=Endpoint.TOKENIZE,
            model=stock.GROK,
            prompt_bytes=10,
            max_tokens=None,
        )

    def test_it_is_used_though_another_may_do_less(
        self, ada: User, team: Team, api_key: ApiKey, grok: LanguageModel
    ) -> None:
        stock.usable(api_key, grok)
        weak = ["api-key:model:grok-4.3", "api-key:endpoint:tokenize"]
        stock.usable(stock.stored(team, "weak"), grok, acls=weak)

        call = self.ask(api_key, ada)

        record = UsageRecord.objects.get(pk=call.record_id)
        assert (record.key, record.state) == (api_key, RecordState.OPEN)
        assert record.ceiling_ticks is None

    def test_the_person_need_not_belong_to_its_team(
        self, mia: User, team: Team, api_key: ApiKey, grok: LanguageModel
    ) -> None:
        price = stock.price(grok, team)
        stock.usable(api_key, grok)

        call = self.ask(api_key, mia)

        record = UsageRecord.objects.get(pk=call.record_id)
        assert (record.consumer.person, record.team) == (mia, team)
        assert record.price == price

    @pytest.mark.parametrize(
        ("facts", "rule"),
        [
            pytest.param({"removed_at": timezone.now()}, Rule.NO_KEY, id="removed"),
            pytest.param({"state": KeyState.DISABLED}, Rule.STATE, id="state"),
            pytest.param({"acls": CHAT_ONLY}, Rule.MODEL, id="model"),
            pytest.param(
                {"acls": [NAMES_GROK, *CHAT_ONLY]}, Rule.ENDPOINT, id="endpoint"
            ),
            pytest.param({"verified_at": None}, Rule.AGE, id="age"),
        ],
    )
    def test_the_rules_hold_and_no_other_key_steps_in(
        self,
        ada: User,
        team: Team,
        api_key: ApiKey,
        grok: LanguageModel,
        facts: dict[str, object],
        rule: Rule,
    ) -> None:
        stock.usable(stock.stored(team, "good"), grok)
        stock.usable(api_key, grok)
        ApiKey.objects.filter(pk=api_key.pk).update(**facts)

        with pytest.raises(Refused) as refused:
            self.ask(api_key, ada)

        assert refused.value.reason.rule == rule
        assert not UsageRecord.objects.exists()
