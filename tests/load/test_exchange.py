"""A project comes in, is worked on and leaves again while people go on saving."""

import os
import subprocess
import sys
import time

from annotations.actions.projects import adopt_project
from annotations.models import Article, Person, Project, Span
from tests import builders
from tests.conftest import PROJECT, database_url
from tests.load.client import (
    Client,
    Log,
    Scene,
    Writers,
    check_histories,
    check_stored,
    cookies,
    milliseconds,
    scene,
)

#: They save as people do, and a little faster.
PEOPLE, PAUSE = 8, 0.2

#: Makes a project of so many articles with 50 spans each, in a database of its own, and a fixture.
MAKE = """
import sys, django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from annotations.actions.articles import import_article
from annotations.actions.projects import create_project
from tests.benchmarks import generate
call_command("migrate", verbosity=0)
made, person = create_project(slug="corpus", name="Corpus", account=User.objects.create_user("m"),
                              person_name="Marit")
for number in range(int(sys.argv[1])):
    article = import_article(made, generate.draft(number, 4500), by=person)
    generate.mark(article, person, 50, seed=number)
call_command("export_dataset", project="corpus", format="fixture", people="names",
             output=sys.argv[2])
"""


def python(*arguments, url):
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=PROJECT,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "workbench.settings",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def manage(*arguments, url):
    return python("manage.py", *arguments, url=url)


def test_a_project_is_imported_and_exported_while_people_save(servers, soak, figures, tmp_path):
    articles = soak(8, 1000)
    spans = 50 * articles
    elsewhere = f"sqlite:///{tmp_path}/elsewhere.sqlite3"
    came, left = tmp_path / "came.json", tmp_path / "left.json"
    python("-c", MAKE, articles, came, url=elsewhere)
    at = scene(PEOPLE, PEOPLE)
    log = Log()

    began = time.monotonic()
    with Writers(at, servers.urls, log, pause=PAUSE).at_work():
        manage("loaddata", "-v0", came, url=database_url())
    took = time.monotonic() - began
    figures(
        f"a fixture of {spans:,} spans read in while {PEOPLE} save",
        f"{took:.0f} s; saves: {log.figures(took)}",
    )

    assert log.refused() == []
    assert len(log.acknowledged()) == len(log.all()) > PEOPLE
    corpus = Project.objects.get(slug="corpus")
    assert Span.objects.filter(article__project=corpus).count() == spans

    # Now they work on it, and it leaves meanwhile.
    ada = at.desk.account(at.desk.ada)
    adopt_project(corpus, account=ada, person=Person.objects.get(project=corpus))
    inside = Scene(
        builders.Desk(corpus, Person.objects.get(project=corpus), *[None] * 3),
        list(Article.objects.filter(project=corpus).order_by("title")[:PEOPLE]),
        [cookies(ada) for _ in range(PEOPLE)],
        corpus.labels.get(key="c"),
    )
    later = Log()
    reader = Client(cookies(ada), servers.urls[0], later)
    with Writers(inside, servers.urls, later, pause=PAUSE).at_work():
        later.wait_for(2 * PEOPLE)
        began = time.monotonic()
        status, _, content = reader.request(
            "GET", "/p/corpus/export/file/?format=fixture&articles=all&people=names"
        )
        took = time.monotonic() - began
        later.wait_for(2 * PEOPLE)
    reader.close()
    figures(
        f"{spans:,} spans exported as a fixture while {PEOPLE} save in them",
        f"{took:.1f} s; saves: p99 {milliseconds(later.acknowledged(), 0.99):.0f} ms, "
        f"{len(later.refused())} refused",
    )

    assert status == 200
    assert later.refused() == []
    left.write_bytes(content)
    # It continues the history from which it came, and loads with every check of one.
    manage("loaddata", "-v0", left, url=elsewhere)
    assert manage("verify", url=elsewhere) == "Everything fits.\n"
    log.writes += later.writes
    check_stored(log)
    check_histories()
