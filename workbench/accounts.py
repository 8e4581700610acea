"""Who is logged in: Django's own accounts, asked for by a query that is written once."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User

from annotations.models.prepared import Prepared

_USER = Prepared(lambda key: User.objects.filter(pk=key), int)


class Accounts(ModelBackend):
    def get_user(self, user_id: Any) -> User | None:
        user = _USER.first(int(user_id))
        return user if user is not None and self.user_can_authenticate(user) else None
