import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0009_carry_acceptances'),
    ]

    operations = [
        migrations.CreateModel(
            name='WithheldPayload',
            fields=[
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='withheld', serialize=False, to='annotations.event')),
            ],
        ),
    ]
