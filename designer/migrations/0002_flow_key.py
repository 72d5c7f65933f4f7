"""Flows get keys, by which other flows call them; those already there take it from their names."""

from __future__ import annotations

import uuid

from django.db import migrations, models
from django.utils.text import slugify


def give_keys(apps, _schema_editor) -> None:
    flows = apps.get_model("designer", "Flow").objects
    for flow in flows.order_by("created_at"):
        key = slugify(flow.name)[:55] or f"flow-{uuid.uuid4().hex[:8]}"
        if flows.filter(workspace=flow.workspace_id, key=key).exists():
            key = f"{key}-{uuid.uuid4().hex[:8]}"
        flows.filter(pk=flow.pk).update(key=key)


class Migration(migrations.Migration):
    dependencies = [("designer", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="flow",
            name="key",
            field=models.SlugField(max_length=64, default=""),
            preserve_default=False,
        ),
        migrations.RunPython(give_keys, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="flow",
            constraint=models.UniqueConstraint(
                fields=("workspace", "key"), name="one_flow_per_key"
            ),
        ),
    ]
