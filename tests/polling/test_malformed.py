from __future__ import annotations

import json
from datetime import timedelta

import httpx
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from console import xai
from console.accounts.models import Team
from console.audit.actors import SYSTEM
from console.keys import custody, observations
from console.keys.models import ApiKey, KeyState
from console.keys.upstream import use_transport
from console.polling import fetching
from tests.keys.answers import Json, key_info, key_json
from tests.polling.conftest import poll_keys, poll_of, secret_of

MINUTE = timedelta(minutes=1)

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=300),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=5,
)
bodies = st.one_of(
    st.binary(max_size=200),
    anything.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries({}, optional=dict.fromkeys(key_json(), anything)).map(
        lambda changes: json.dumps({**key_json(), **changes}).encode()
    ),
    st.sampled_from(sorted(key_json())).map(
        lambda name: json.dumps(key_json(**{name: ...})).encode()
    ),
    st.integers(0, 300).map(lambda cut: json.dumps(key_json()).encode()[:cut]),
    st.just(b'{"api_key_id": "a", "api_key_id": "b"}'),
    st.just(b'{"api_key_id": "a", "acls": NaN}'),
)


class TestMalformedAnswers(TestCase):
    """Whatever xAI answers: no uncaught error, no wrong state, nothing good lost."""

    answer = httpx.Response(200)

    def setUp(self) -> None:
        transport = httpx.MockTransport(lambda _request: self.answer)
        self.enterContext(use_transport(transport))
        self.addCleanup(fetching.close_background)
        # Stored once: each example is rolled back to here.
        self.api_key = custody.store_unverified(
            team=Team.objects.create(name="Search"),
            label="key",
            owner="",
            note="",
            host="xai",
            secret=xai.Secret.parse(secret_of(0)),
            actor=SYSTEM,
        )
        noon = timezone.now() - MINUTE
        info = key_info()
        observations.record_key_info(api_key=self.api_key, info=info, seen_at=noon)
        self.good = ApiKey.objects.values("xai_key_id", "acls", "xai_name").get()

    @hypothesis_settings(
        max_examples=500, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(body=bodies, code=st.sampled_from([200, 200, 200, 400, 403, 429, 500]))
    def test_the_last_good_facts_stay(self, body: bytes, code: int) -> None:
        api_key, good = self.api_key, self.good
        self.answer = httpx.Response(code, content=body)

        poll_keys()

        api_key.refresh_from_db()
        assert poll_of(api_key).lease is None
        assert api_key.xai_key_id == good["xai_key_id"]
        answer = _read(body) if code == 200 else None
        if answer is None or answer.get("api_key_id") != good["xai_key_id"]:
            assert api_key.acls == good["acls"]
            assert api_key.xai_name == good["xai_name"]
        if api_key.state != KeyState.ACTIVE:
            assert _may_not_be_active(answer, code, api_key)


def _read(body: bytes) -> Json | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _may_not_be_active(answer: Json | None, code: int, api_key: ApiKey) -> bool:
    """Only a flag that is true, words of a refusal, or another key's id may do it."""
    if code != 200 or answer is None:
        return api_key.state in {"disabled", "key_blocked", "team_blocked"}
    flags = [answer.get(f) for f in ("team_blocked", "api_key_blocked")]
    if answer.get("api_key_id") != api_key.xai_key_id:
        return api_key.state == KeyState.REJECTED
    return True in [*flags, answer.get("api_key_disabled")]
