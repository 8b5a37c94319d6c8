import django.db.models.functions.text
from django.db import migrations, models

# Of names that differ in capitals alone, the later ones get a number.
NUMBERED = """
    UPDATE keys_savedview AS later
       SET name = left(name, 40) || ' (' || id || ')'
     WHERE EXISTS (SELECT FROM keys_savedview AS earlier
                    WHERE earlier.user_id = later.user_id
                      AND lower(earlier.name) = lower(later.name)
                      AND earlier.id < later.id)
"""


class Migration(migrations.Migration):
    dependencies = [("keys", "0010_escalated_changes")]

    operations = [
        migrations.RemoveConstraint(model_name="savedview", name="view_once"),
        migrations.RunSQL(NUMBERED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                models.F("user"),
                django.db.models.functions.text.Lower("name"),
                name="view_once",
            ),
        ),
    ]
