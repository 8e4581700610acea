"""The cast and the state that tests begin from, built through actions and so never impossible."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.test import Client

from annotations.actions.accounts import make_staff
from annotations.actions.articles import import_article
from annotations.actions.projects import create_project, set_member
from annotations.actions.recording import Key
from annotations.actions.spans import add_span
from annotations.domain.records import ArticleDraft, BlockDraft
from annotations.domain.text import sha256
from annotations.domain.vocabulary import BlockRole, BlockTag, Preset, Role
from annotations.models import Article, Label, Person, Project, Span

#: An emoji of several code points, an accent written as two, a right-to-left word.
TEXT = (
    "Zoe\u0301 saw the flood 👩‍👩‍👧\n\n"
    "The river rose two metres in 2021. “It was a disgrace,” said the mayor שלום of the town.\n\n"
    "Nobody was hurt. The dam, a colossal blunder, was built in 1974."
)

PASSWORD = "a long enough pass-phrase"


@dataclass
class Desk:
    """A project with ada (manager), ben (reviewer), cleo (annotator); dan is a stranger."""

    project: Project
    ada: Person
    ben: Person
    cleo: Person
    dan: User

    def label(self, key: str) -> Label:
        return Label.objects.get(project=self.project, key=key)

    def account(self, person: Person) -> User:
        return User.objects.get(people__person=person, people__ended_at=None)


def key(asked: str, *, uuid: UUID | None = None) -> Key:
    """Make the key of a request that asks for ``asked``."""
    return Key(uuid or uuid4(), sha256(asked))


def account(name: str) -> User:
    return User.objects.create_user(name, password=PASSWORD)


def desk(slug: str = "desk", preset: str = Preset.DESK, *, prefix: str = "") -> Desk:
    """Build a project and its people; ``prefix`` keeps user names of two desks apart."""
    manager = account(f"{prefix}ada")
    # She may begin other projects and make accounts, too (WORKBENCH_PROJECT_MAKERS).
    make_staff(manager)
    project, ada = create_project(
        slug=slug,
        name=slug.title(),
        account=manager,
        person_name="Ada",
        preset=preset,
    )
    ben = set_member(project, account=account(f"{prefix}ben"), role=Role.REVIEWER, by=ada)
    cleo = set_member(project, account=account(f"{prefix}cleo"), role=Role.ANNOTATOR, by=ada)
    return Desk(project, ada, ben, cleo, account(f"{prefix}dan"))


def draft(text: str = TEXT, **more: Any) -> ArticleDraft:
    """Return a draft of ``text``: its first paragraph the headline, the others body."""
    blocks = []
    start = 0
    for index, part in enumerate(text.split("\n\n")):
        if part.strip():
            blocks.append(
                BlockDraft(
                    start,
                    start + len(part),
                    BlockTag.PARAGRAPH,
                    BlockRole.HEADLINE if index == 0 else BlockRole.BODY,
                )
            )
        start += len(part) + 2
    return ArticleDraft(
        **{
            "name": "flood.txt",
            "text": text,
            "markup": (),
            "blocks": tuple(blocks),
            "title": "The flood",
            "published": "2021-07",
            "language": "en",
            "source_sha256": sha256(text),
            **more,
        }
    )


def article(at: Desk, text: str = TEXT, **more: Any) -> Article:
    return import_article(at.project, draft(text, **more), by=at.ada)


def repeating(at: Desk) -> Article:
    """Return an article whose first paragraph repeats a sentence of its second."""
    pulled = "“The café owners 🌊 left”, he said."
    body = 'Nobody stayed. "The cafe\u0301 owners 🌊 left", he said. The mill closed, שלום.'
    first = BlockDraft(
        0, len(pulled), BlockTag.PARAGRAPH, BlockRole.PULL_QUOTE, duplicate_of=1, score=100
    )
    whole = draft(f"{pulled}\n\n{body}")
    return import_article(at.project, replace(whole, blocks=(first, whole.blocks[1])), by=at.ada)


def logged_in(at: Desk, person: Person) -> Client:
    """Return a client in which the account of ``person`` is logged in."""
    client = Client()
    client.force_login(at.account(person))
    return client


def mark(
    at: Desk, where: Article, quote: str, key: str = "c", *, by: Person | None = None, **more: Any
) -> Span:
    """Mark the first occurrence of ``quote``."""
    start = where.text.index(quote)
    return add_span(
        where, start=start, end=start + len(quote), label=at.label(key), by=by or at.cleo, **more
    )
