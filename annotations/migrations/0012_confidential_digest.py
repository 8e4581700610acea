import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0011_note_what_was_withheld'),
    ]

    operations = [
        migrations.CreateModel(
            name='ConfidentialDigest',
            fields=[
                ('source', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='confidential_digest', serialize=False, to='annotations.source')),
                ('value', models.CharField(max_length=64)),
            ],
        ),
    ]
