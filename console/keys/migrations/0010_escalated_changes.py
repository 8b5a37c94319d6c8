"""Changes that a person could not explain stay on their key until they are explained."""

from django.db import migrations, models

_COUNT = """
    UPDATE keys_apikey AS k SET escalated_changes = counted.looks
    FROM (
        SELECT key_id, count(DISTINCT gap_until) AS looks
        FROM keys_keychange WHERE review = 'escalated' GROUP BY key_id
    ) AS counted
    WHERE counted.key_id = k.id
"""


class Migration(migrations.Migration):
    dependencies = [("keys", "0009_team_checks")]

    operations = [
        migrations.AddField(
            "apikey",
            "escalated_changes",
            models.PositiveIntegerField(default=0),
        ),
        migrations.RunSQL(_COUNT, migrations.RunSQL.noop),
    ]
