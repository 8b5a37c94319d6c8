"""When a key was last assessed, and finding the keys that share an id at xAI."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0005_inventory_search")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="assessed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(
                condition=models.Q(
                    ("removed_at", None),
                    models.Q(("xai_key_id", ""), _negated=True),
                ),
                fields=["xai_key_id"],
                name="key_by_xai_id",
            ),
        ),
    ]
