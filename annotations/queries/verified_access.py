"""Whether the links of people to accounts, and their roles, are what the access stream says.

The stream is folded from its first event on: who is linked to which account, who has which role.
Events from before accounts had a digest in them say less; there the k-th link of a person is
taken for the one that the person's k-th event made.
"""

import datetime
import json
from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from annotations.domain.events import Kind
from annotations.domain.history import account_digest, digest
from annotations.domain.vocabulary import StreamKind
from annotations.models import Event, Membership, Person, PersonAccount, Project, Salt
from annotations.queries.finding import Finding


class AccessVerifier:
    def __init__(self, project: Project, using: str) -> None:
        self.project = project
        self.using = using
        self.names = dict(
            Person.objects.using(using).filter(project=project).values_list("pk", "name")
        )
        self.salt = Salt.objects.using(using).values_list("value", flat=True).first() or ""
        #: The links of each person that no event has told of yet, the oldest first.
        self.untold: dict[UUID, list[PersonAccount]] = defaultdict(list)
        links = PersonAccount.objects.using(using).filter(project=project)
        for link in links.order_by("since", "pk"):
            self.untold[link.person_id].append(link)
        #: By account the link by which it acts.
        self.live: dict[int, PersonAccount] = {}
        #: The role of each account.
        self.roles: dict[int, str] = {}
        #: When each link ended, None where its event is older than the digests.
        self.ended: dict[int, datetime.datetime | None] = {}
        self.told: list[PersonAccount] = []

    def find(self) -> Iterator[Finding]:
        events = Event.objects.using(self.using).filter(
            stream__project=self.project, stream__kind=StreamKind.ACCESS
        )
        for event in events.order_by("sequence"):
            if event.payload is None or digest(event.payload) != event.payload_sha256:
                # A fault that is named already; what it told of cannot be held to anything.
                return
            content = json.loads(event.payload)
            if event.kind == Kind.PERSON_LINKED:
                yield from self.linked(event, content)
            elif event.kind in (Kind.MEMBER_SET, Kind.MEMBER_REMOVED):
                yield from self.member(event, content)
        yield from self.links()
        yield from self.memberships()

    def linked(self, event: Event, content: dict[str, str]) -> Iterator[Finding]:
        person = UUID(content["person"])
        if not self.untold[person]:
            yield Finding(
                "link_missing",
                f"{self.name(person)} was linked to an account by event {event.sequence}, but the "
                "link is not there.",
            )
            return
        link = self.untold[person].pop(0)
        hidden = content.get("account")
        if hidden is not None and (
            hidden != account_digest(self.salt, link.account_id) or link.since != event.at
        ):
            yield Finding(
                "link_differs",
                f"{self.name(person)} is linked to another account, or since another time, than "
                f"event {event.sequence} says.",
            )
        self.end(link.account_id, event, exact=hidden is not None)
        self.live[link.account_id] = link
        self.told.append(link)

    def member(self, event: Event, content: dict[str, str]) -> Iterator[Finding]:
        person = UUID(content["person"])
        link = next((one for one in self.live.values() if one.person_id == person), None)
        hidden = content.get("account")
        if link is None or hidden not in (None, account_digest(self.salt, link.account_id)):
            yield Finding(
                "member_differs",
                f"Event {event.sequence} of the rights sets or takes the role of "
                f"{self.name(person)} for an account that they were not linked to.",
            )
        elif event.kind == Kind.MEMBER_SET:
            self.roles[link.account_id] = content["role"]
        else:
            self.roles.pop(link.account_id, None)
            self.end(link.account_id, event, exact=hidden is not None)

    def end(self, account: int, event: Event, *, exact: bool) -> None:
        before = self.live.pop(account, None)
        if before is not None:
            self.ended[before.pk] = event.at if exact else None

    def links(self) -> Iterator[Finding]:
        for left in self.untold.values():
            for link in left:
                yield Finding(
                    "link_untold",
                    f"{self.name(link.person_id)} is linked to an account, and no event says so.",
                )
        for link in self.told:
            ended = self.ended.get(link.pk)
            fits = (link.ended_at is not None) == (link.pk in self.ended)
            if not fits or (ended is not None and link.ended_at != ended):
                yield Finding(
                    "link_end",
                    f"The link of {self.name(link.person_id)} to an account has not ended when the "
                    "events say.",
                )

    def memberships(self) -> Iterator[Finding]:
        here = dict(
            Membership.objects.using(self.using)
            .filter(project=self.project)
            .values_list("account", "role")
        )
        for account in sorted(here.keys() | self.roles.keys()):
            if here.get(account) != self.roles.get(account):
                link = self.live.get(account)
                person = None if link is None else link.person_id
                who = f"account {account}" if person is None else self.names.get(person, person)
                yield Finding(
                    "member_differs",
                    f"The project “{self.project.name}”: the role of {who} is “{here.get(account, 'none')}”, but the events say "
                    f"“{self.roles.get(account, 'none')}”.",
                )

    def name(self, person: UUID) -> str:
        return f"The project “{self.project.name}”: {self.names.get(person, person)}"
