import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0004_live_spans'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='InboxItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('mention', 'mention'), ('reply', 'reply'), ('decision', 'second reading'), ('assignment', 'assignment')], max_length=20)),
                ('at', models.DateTimeField()),
                ('read_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('assignment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotations.assignment')),
                ('comment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotations.comment')),
                ('decision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotations.decision')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotations.person')),
            ],
            options={
                'indexes': [models.Index(fields=['account', '-at', '-id'], name='inbox_newest_first'), models.Index(condition=models.Q(('read_at', None)), fields=['account', '-at'], name='inbox_unread')],
                'constraints': [models.UniqueConstraint(fields=('account', 'comment'), name='inbox_one_a_comment'), models.UniqueConstraint(fields=('account', 'decision'), name='inbox_one_a_decision'), models.UniqueConstraint(fields=('account', 'assignment'), name='inbox_one_a_assignment'), models.CheckConstraint(condition=models.Q(models.Q(('assignment', None), ('comment__isnull', False), ('decision', None), ('kind__in', ['mention', 'reply'])), models.Q(('assignment', None), ('comment', None), ('decision__isnull', False), ('kind', 'decision')), models.Q(('assignment__isnull', False), ('comment', None), ('decision', None), ('kind', 'assignment')), _connector='OR'), name='inbox_item_is_of_its_kind'), models.CheckConstraint(condition=models.Q(('kind__in', ['mention', 'reply', 'decision', 'assignment'])), name='inboxitem_kind_known')],
            },
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(condition=models.Q(('done_at', None), ('withdrawn_at', None)), fields=['person'], name='assignment_live'),
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(fields=['article', 'created_at'], name='comment_in_order'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.UniqueConstraint(condition=models.Q(('done_at', None), ('withdrawn_at', None)), fields=('article', 'person', 'kind'), name='assignment_live_once'),
        ),
    ]
