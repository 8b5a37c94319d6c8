"""A new world: four teams and their keys, in every state that a key can be in."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from console.sandbox import goods, state
from console.sandbox.faults import Fault
from console.sandbox.world import Team, World, timestamp

LEADERS = {
    "Search": "Mara Lindqvist",
    "Support desk": "Ines Okafor",
    "Platform": "Priya Nair",
    "Research lab": "Jun Watanabe",
}
OUTSIDE = "outside"  # changed by someone who is not the team's leader


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    name: str
    team: str
    models: str = ""  # names, space separated; * for all
    endpoints: str = ""
    more_acls: tuple[str, ...] = ()
    note: str
    age: int  # days since it was made
    changed: float = 0  # days since it was changed; 0: never
    changed_by: str = ""
    state: str = ""  # blocked, disabled, rejected, unreachable
    owned: bool = True
    spare: bool = False

    def acls(self) -> list[str]:
        models = [f"api-key:model:{name}" for name in self.models.split()]
        endpoints = [f"api-key:endpoint:{name}" for name in self.endpoints.split()]
        return [*models, *endpoints, *self.more_acls]


PLANS = (
    Plan(
        name="search-prod-ranker",
        team="Search",
        models="grok-4.3",
        endpoints="chat",
        note="Ranks results on the public site. Do not disable without asking Mara.",
        age=299,
        changed=62,
    ),
    Plan(
        name="search-prod-rewrite",
        team="Search",
        models="grok-4.3-latest grok-2-1212",
        endpoints="chat sample models",
        note="Rewrites queries; its first rule names an alias.",
        age=200,
        changed=40,
    ),
    Plan(
        name="search-nightly-eval",
        team="Search",
        models="grok-4.6 grok-4.3",
        endpoints="chat models tokenize",
        more_acls=("api-key:region:eu", "team-token:endpoint:BillingRead", "beta"),
        note="Nightly evaluation. Its secret was seen in a public repository.",
        age=265,
        changed=75,
        state="blocked",
    ),
    Plan(
        name="search-staging",
        team="Search",
        models="*",
        endpoints="chat models tokenize sample",
        note="Staging of everything in Search.",
        age=120,
        changed=28,
    ),
    Plan(
        name="support-desk-triage",
        team="Support desk",
        models="*",
        endpoints="chat models",
        note="Sorts incoming tickets.",
        age=150,
        changed=0.1,
        changed_by=OUTSIDE,
    ),
    Plan(
        name="support-desk-prod",
        team="Support desk",
        models="grok-4.3 grok-4.20-0309-non-reasoning",
        endpoints="chat models",
        note="Drafts answers for the desk.",
        age=294,
        changed=12,
    ),
    Plan(
        name="support-vision-intake",
        team="Support desk",
        models="grok-4.6 grok-2-vision-1212",
        endpoints="chat models",
        note="Reads screenshots; one of its models is gone.",
        age=377,
        changed=54,
    ),
    Plan(
        name="support-legacy-bot",
        team="Support desk",
        models="grok-2-1212",
        endpoints="chat sample",
        note="The old bot, kept until the archive is read.",
        age=500,
        changed=13,
        state="disabled",
    ),
    Plan(
        name="platform-gateway",
        team="Platform",
        models="*",
        endpoints="*",
        note="The gateway's own key.",
        age=318,
        changed=26,
    ),
    Plan(
        name="platform-sandbox",
        team="Platform",
        models="*",
        endpoints="*",
        note="Experiments of the platform team; xAI answers it with 503 only.",
        age=90,
        changed=33,
        state="unreachable",
    ),
    Plan(
        name="platform-ci",
        team="Platform",
        models="grok-build-0.1",
        endpoints="models",
        note="Used by the build; rotated out, and nobody replaced it here.",
        age=240,
        changed=96,
        state="rejected",
    ),
    Plan(
        name="lab-notebooks",
        team="Research lab",
        note="Shared notebooks; it has no rules, so it can do nothing.",
        age=180,
        changed=41,
    ),
    Plan(
        name="lab-agents",
        team="Research lab",
        models="*",
        endpoints="chat models",
        note="Long-running experiments.",
        age=100,
        changed=19,
    ),
    Plan(
        name="lab-interns-2026",
        team="Research lab",
        models="*",
        endpoints="*",
        note="Made for the summer interns.",
        age=9,
        changed=8,
        changed_by=OUTSIDE,
        owned=False,
    ),
    Plan(
        name="search-newcomer",
        team="Search",
        models="*",
        endpoints="*",
        note="Not stored in the console yet: add it there.",
        age=1,
        spare=True,
    ),
    Plan(
        name="platform-leftover",
        team="Platform",
        models="*",
        endpoints="chat models",
        note="Not stored in the console yet, and disabled.",
        age=420,
        changed=60,
        state="disabled",
        spare=True,
    ),
)


def new_world() -> World:
    """Return a freshly seeded world: new ids and secrets, nothing else random."""
    world = World()
    for name in LEADERS:
        team = Team(id=str(uuid.uuid4()), name=name, admin_id=str(uuid.uuid4()))
        team.blocked = name == "Research lab"
        world.teams[team.id] = team
    world.models = {model.id: model for model in goods.models()}
    teams = {team.name: team for team in world.teams.values()}
    stranger, now = str(uuid.uuid4()), datetime.now(UTC)
    for plan in PLANS:
        _plant(world, teams[plan.team], plan, stranger, now)
    world.index()
    world.origin = state.dump(world)
    return world


def _plant(world: World, team: Team, plan: Plan, stranger: str, now: datetime) -> None:
    made = now - timedelta(days=plan.age, hours=3)
    changed = now - timedelta(days=plan.changed) if plan.changed else made
    key = world.add_key(
        name=plan.name,
        team=team,
        acls=plan.acls(),
        create_time=timestamp(made),
        modify_time=timestamp(changed),
        modified_by=stranger if plan.changed_by == OUTSIDE else team.admin_id,
        blocked=plan.state == "blocked",
        disabled=plan.state == "disabled",
        accepted=plan.state != "rejected",
        spare=plan.spare,
        owner=LEADERS[plan.team] if plan.owned else None,
        note=plan.note,
    )
    if plan.state == "unreachable":
        fault = Fault(kind="503", api_key_id=key.api_key_id, permanent=True)
        world.faults.add(fault)
