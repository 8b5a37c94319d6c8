import django.db.models.functions.text
from django.db import migrations, models

# Of names that differ in capitals alone, the later ones get a number.
NUMBERED = """
    UPDATE finance_usageview AS later
       SET name = left(name, 40) || ' (' || id || ')'
     WHERE EXISTS (SELECT FROM finance_usageview AS earlier
                    WHERE earlier.person_id = later.person_id
                      AND lower(earlier.name) = lower(later.name)
                      AND earlier.id < later.id)
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0002_usage_views")]

    operations = [
        migrations.RemoveConstraint(model_name="usageview", name="usage_view_once"),
        migrations.RunSQL(NUMBERED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="usageview",
            constraint=models.UniqueConstraint(
                models.F("person"),
                django.db.models.functions.text.Lower("name"),
                name="usage_view_once",
            ),
        ),
    ]
