"""Accounts that people log in with; what they may do in a project, a membership says."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from annotations.domain.errors import AlreadyThere


@transaction.atomic
def make_account(username: str, *, password: str | None = None) -> AbstractBaseUser:
    """Make an account; without a password nobody can log in with it.

    Raises ``AlreadyThere`` when the user name is taken.
    """
    users = get_user_model()
    if users.objects.filter(username=username).exists():
        raise AlreadyThere(f"There is an account “{username}” already.", code="username_taken")
    return users.objects.create_user(username, password=password)
