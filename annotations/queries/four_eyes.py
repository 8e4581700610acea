"""Who is one with whom: two people are one where an account was ever linked to both.

The database holds the four eyes for persons, because persons travel; actions hold them for
accounts, by the links of this database, ended ones too.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Collection
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import F, Min

from annotations.models import Event, Person, PersonAccount, Span

THROUGH = "through another account"
OWN_SPAN = "You wrote part of this span or its evidence; somebody else reads it."


def ones(people: Collection[UUID], using: str = DEFAULT_DB_ALIAS) -> dict[UUID, frozenset[UUID]]:
    """Return for each person everybody who is one with them, themselves among them. One query."""
    found: dict[UUID, set[UUID]] = {person: {person} for person in people}
    pairs = (
        PersonAccount.objects.using(using)
        .filter(person__in=found, account__people__project=F("project"))
        .values_list("person", "account__people__person")
        .distinct()
    )
    for person, other in pairs:
        found[person].add(other)
    return {person: frozenset(others) for person, others in found.items()}


def one_with(person: UUID) -> frozenset[UUID]:
    """Return everybody who is one with a person, themselves among them. One query."""
    return ones([person])[person]


def authors_of(span: Span) -> set[UUID]:
    """Return everybody who wrote something of a span since it was last accepted."""
    return set(map(UUID, span.authors.split()))


def named(own: Collection[UUID], person: UUID, refusal: str) -> str:
    """Return a refusal of what ``own`` of a person's people wrote; it says as whom, where needed."""
    if person in own:
        return refusal
    names = Person.objects.filter(pk__in=own).order_by("name").values_list("name", flat=True)
    return f"You act, or once acted, as {' and '.join(names)} too. {refusal}"


def has_acted(person: Person) -> bool:
    """Say whether any event names the person as the one who did it."""
    return Event.objects.filter(actor=person).exists()


Through = Callable[[UUID, datetime.datetime], bool]


def through_another_account(people: Collection[UUID], project: UUID) -> Through:
    """Return what says whether a person did something at a time through another account.

    That is another one than they first acted by, or one that had acted as somebody else before.
    One query, or two where a person or an account of these has more than one link.
    """
    accounts: dict[UUID, list[tuple[datetime.datetime, int]]] = defaultdict(list)
    first_person: dict[int, UUID] = {}
    links = PersonAccount.objects.filter(
        project=project,
        account__in=PersonAccount.objects.filter(person__in=people).values("account"),
    )
    for person, account, since in links.order_by("since", "pk").values_list(
        "person", "account", "since"
    ):
        accounts[person].append((since, account))
        first_person.setdefault(account, person)
    if all(len(own) == 1 for own in accounts.values()) and len(first_person) == len(accounts):
        return lambda person, at: False
    began = {
        person: datetime.datetime.fromtimestamp(time / 1000, tz=datetime.UTC)
        for person, time in Event.objects.filter(actor__in=accounts)
        .order_by()
        .values("actor")
        .values_list("actor", Min("time"))
    }

    def account_at(person: UUID, at: datetime.datetime) -> int:
        own = accounts[person]
        return next((account for since, account in reversed(own) if since <= at), own[0][1])

    def through(person: UUID, at: datetime.datetime) -> bool:
        if person not in accounts or at < accounts[person][0][0]:
            # Done in another database, or before links were kept.
            return False
        account = account_at(person, at)
        other = first_person[account]
        borrowed = other != person and other in began and began[other] <= at
        return borrowed or account != account_at(person, began.get(person, at))

    return through
