"""Accounts that people log in with; what they may do in a project, a membership says."""

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import get_random_string

from annotations.domain.errors import AlreadyThere, Refused
from annotations.domain.permissions import why_not_make

#: Small letters and digits, without those that look alike.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@transaction.atomic
def make_account(username: str, *, password: str | None = None, name: str = "") -> User:
    """Make an account; without a password nobody can log in with it.

    For whoever runs this machine, who could as well write to the database: no right is asked,
    and none comes with the account. Raises ``AlreadyThere`` when the user name is taken, in
    whatever case.
    """
    # As the account will have it: two spellings of one name are one name.
    username = User.normalize_username(username)
    try:
        User._meta.get_field("username").clean(username, None)
    except ValidationError as error:
        raise Refused(
            f"“{username}” cannot be a user name. {' '.join(error.messages)}", code="username"
        ) from None
    if User.objects.filter(username__iexact=username).exists():
        raise AlreadyThere(f"There is an account “{username}” already.", code="username_taken")
    # The whole name in one field: names do not come in two parts everywhere.
    return User.objects.create_user(username, password=password, first_name=name[:150])


def make_account_and_password(username: str, *, name: str = "") -> tuple[User, str]:
    """Make an account as ``make_account`` does; return it and its password, kept nowhere else."""
    # About 78 bits, in four groups that can be read out.
    password = "-".join(get_random_string(4, LETTERS) for _ in range(4))
    return make_account(username, password=password, name=name), password


def require_maker(account: User) -> None:
    """Raise ``NotAllowed`` where the account begins no projects and makes no accounts here."""
    refusal = why_not_make(is_staff=account.is_staff, makers=settings.PROJECT_MAKERS)
    if refusal is not None:
        raise refusal


def make_staff(account: User) -> None:
    """Let an account begin projects and make accounts; for whoever runs this machine."""
    account.is_staff = True
    account.save(update_fields=["is_staff"])


def free_username(wanted: str) -> str:
    """Return a user name that begins as wanted and that nobody has, whoever has ``wanted``.

    So whoever makes accounts without being staff does not learn which names are taken.
    """
    return f"{wanted[:144]}-{get_random_string(5, LETTERS)}"
