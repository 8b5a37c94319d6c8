"""Answers may outlive the records of their calls, whose months are dropped."""

import django.db.models.deletion
from django.db import migrations, models

# Django would also drop what PostgreSQL keeps for each partition, which goes with it.
NO_REFERENCE = """
    DO $$
    DECLARE
        reference name;
    BEGIN
        FOR reference IN
            SELECT conname FROM pg_constraint
             WHERE contype = 'f' AND conparentid = 0
               AND conrelid = 'playground_turn'::regclass
               AND confrelid = 'usage_usagerecord'::regclass
        LOOP
            EXECUTE format('ALTER TABLE playground_turn DROP CONSTRAINT %I', reference);
        END LOOP;
    END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("playground", "0001_conversations"),
        ("usage", "0006_sums_and_budgets"),
    ]

    operations = [
        migrations.RunSQL(
            NO_REFERENCE,
            migrations.RunSQL.noop,  # it would refer to records that may be gone
            state_operations=[
                migrations.AlterField(
                    model_name="turn",
                    name="record",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="usage.usagerecord",
                    ),
                ),
            ],
        ),
    ]
