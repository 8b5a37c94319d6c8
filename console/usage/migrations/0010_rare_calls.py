"""Indexes for calls that are looked for and rare."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_time_zone"),
        ("catalog", "0005_raw_digests"),
        ("keys", "0010_escalated_changes"),
        ("usage", "0009_opening"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="usageday",
            index=models.Index(fields=["zone", "day"], name="usage_day_of_zone"),
        ),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(
                condition=models.Q(("state", "released")),
                fields=["id"],
                name="usage_released",
            ),
        ),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(
                condition=models.Q(
                    models.Q(("endpoint", "chat"), _negated=True),
                    models.Q(("endpoint", "messages"), _negated=True),
                ),
                fields=["endpoint", "id"],
                name="usage_seldom_asked",
            ),
        ),
    ]
