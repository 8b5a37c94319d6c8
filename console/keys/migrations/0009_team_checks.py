"""What every page's frame shows, without reading all keys; findings have a weight."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

_FILL = """
    INSERT INTO keys_teamchecks (team_id, keys_checked_at, models_checked_at)
    SELECT team_id, max(checked_at), max(models_checked_at)
    FROM keys_apikey WHERE removed_at IS NULL GROUP BY team_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("keys", "0008_answers_in_snapshots"),
    ]

    operations = [
        migrations.CreateModel(
            name="TeamChecks",
            fields=[
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="accounts.team",
                    ),
                ),
                ("keys_checked_at", models.DateTimeField(null=True)),
                ("models_checked_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(
                F("outside_changes"),
                F("finding_weight"),
                condition=Q(
                    ("removed_at", None),
                    Q(
                        ("outside_changes__gt", 0),
                        ("finding_weight__gte", 10000),
                        _connector="OR",
                    ),
                ),
                name="key_marked",
            ),
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(fields=["team", "removed_at"], name="key_of_team"),
        ),
        migrations.AlterField(
            model_name="apikey",
            name="team",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="keys",
                to="accounts.team",
            ),
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(
                condition=Q(("removed_at", None)),
                fields=["state"],
                name="key_by_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=Q(
                    ("finding_weight__gt", 0), ("finding_kinds", []), _connector="OR"
                ),
                name="key_findings_weigh",
            ),
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
    ]
