"""A desk, an article, its address and who looks at it; a module with others defines its own."""

from collections.abc import Callable
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Article, Person
from tests import builders
from tests.builders import Desk


@pytest.fixture
def at(db: None) -> Desk:
    return builders.desk()


@pytest.fixture
def on(at: Desk) -> Article:
    return builders.article(at)


@pytest.fixture
def url(at: Desk, on: Article) -> str:
    return reverse("article", args=[at.project.slug, on.pk])


@pytest.fixture
def client_of(at: Desk) -> Callable[[Person], Client]:
    return partial(builders.logged_in, at)


@pytest.fixture
def client(at: Desk) -> Client:
    return builders.logged_in(at, at.cleo)
