"""Answers keep what their inspector shows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playground", "0002_records_may_go")]

    operations = [
        migrations.AddField(
            model_name="turn",
            name="sealed_trace",
            field=models.BinaryField(null=True),
        ),
    ]
