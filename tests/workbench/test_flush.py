"""The flush after a ``transactional_db`` test empties the guarded tables, and the guards return."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.utils import DatabaseError

from annotations.actions.projects import create_project
from annotations.models import Event, guards


@pytest.mark.parametrize("time", ["first", "again"])
def test_history_of_one_test_is_gone_in_the_next_and_refuses_change_in_both(time, transactional_db):
    assert not Event.objects.exists()
    with transaction.atomic():
        account = get_user_model().objects.create_user("ada")
    create_project(slug="floods", name="Floods 🌊", account=account)

    assert Event.objects.exists()
    assert guards.standing(connection)
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.all().delete()
