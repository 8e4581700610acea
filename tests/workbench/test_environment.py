"""Settings come from the environment; what cannot be used is refused in one sentence."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from annotations.domain.errors import SettingsRefused
from workbench import environment

PROJECT = Path(__file__).resolve().parent.parent.parent
LONG = "k3y+0f-this " * 6


def manage(*arguments, **environ):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("value", "found"), [("True", True), ("False", False), ("", True)])
def test_a_truth_value_is_true_false_or_its_default(value, found):
    assert environment.truth({"X": value}, "X", default=True) is found


@pytest.mark.parametrize("value", ["yes", "1", "true", " True"])
def test_another_word_for_true_is_refused_with_both_words_that_do(value):
    with pytest.raises(SettingsRefused) as refusal:
        environment.truth({"WORKBENCH_DEBUG": value}, "WORKBENCH_DEBUG", default=False)

    assert str(refusal.value) == f'WORKBENCH_DEBUG is "{value}"; use True or False.'


@pytest.mark.parametrize("value", ["1", "65", "-3", "8.0", "eight", "٨"])
def test_a_number_outside_its_range_is_refused(value):
    with pytest.raises(SettingsRefused, match="use a whole number from 2 to 64"):
        environment.number({"X": value}, "X", default=8, least=2, most=64)


def test_hosts_are_a_list_without_blanks():
    found = environment.hosts({"X": " desk.example.org, [::1] ,"}, "X", default="localhost")

    assert found == ["desk.example.org", "[::1]"]


@pytest.mark.parametrize("value", ["https://desk.example.org", "desk.example.org:8000", "a b", ","])
def test_a_host_with_scheme_port_or_blank_is_refused(value):
    with pytest.raises(SettingsRefused, match=r"for example desk\.example\.org"):
        environment.hosts({"X": value}, "X", default="localhost")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param(
            "postgresql://ann:p%40ss%2Fw%23@db.example.org:5433/desk?sslmode=require",
            {
                "USER": "ann",
                "PASSWORD": "p@ss/w#",
                "HOST": "db.example.org",
                "PORT": "5433",
                "NAME": "desk",
                "OPTIONS": {"sslmode": "require"},
            },
            id="every part, percent-encoded",
        ),
        pytest.param(
            "postgres:///desk?host=/var/run/postgresql&port=5434",
            {"USER": "", "HOST": "/var/run/postgresql", "PORT": "5434", "OPTIONS": {}},
            id="a socket as an option",
        ),
        pytest.param(
            "postgresql://%2Fvar%2Frun/desk", {"HOST": "/var/run", "NAME": "desk"}, id="as host"
        ),
        pytest.param("postgresql://[::1]:5432/b%C3%BCro", {"HOST": "::1", "NAME": "büro"}, id="v6"),
    ],
)
def test_a_postgresql_address_is_taken_apart(url, expected):
    found = environment.database({"DATABASE_URL": url}, default=Path("x"))

    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert {key: found[key] for key in expected} == expected


def test_a_sqlite_address_may_be_relative_absolute_or_in_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def name(url):
        return environment.database({"DATABASE_URL": url}, default=Path("x"))["NAME"]

    assert name("sqlite:///a%20b.sqlite3") == str(tmp_path / "a b.sqlite3")
    assert name(f"sqlite:///{tmp_path}/c.sqlite3") == str(tmp_path / "c.sqlite3")
    assert name("sqlite:///:memory:") == ":memory:"
    assert name("") == str(tmp_path / "x")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://ann:secret@db/desk", 'begins with "mysql"; use sqlite'),
        ("desk.sqlite3", "use sqlite:///file or postgresql"),
        ("sqlite://desk.sqlite3", "name a file, for example sqlite:///workbench.sqlite3"),
        ("sqlite:////nowhere/desk.sqlite3", 'the folder "/nowhere" does not exist'),
        ("sqlite:////tmp", "which is a folder"),
        ("postgresql://ann:secret@db/", 'names the database ""'),
        ("postgresql://ann:secret@db:many/desk", "cannot be read"),
        ("postgresql://ann:secret@db/desk?sslmode", "use option=value"),
        ("postgresql://ann:secret@db/desk#1", "write it as %23"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_password(url, sentence):
    with pytest.raises(SettingsRefused) as refusal:
        environment.database({"DATABASE_URL": url}, default=Path("x"))

    assert sentence in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_the_secret_key_is_made_once_and_is_its_owners_alone(tmp_path):
    kept = tmp_path / "local" / "secret_key"

    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: environment.secret_key({}, kept_in=kept), range(32)))

    assert len(keys) == 1
    assert keys == {kept.read_text()}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["secret_key"]


def test_a_secret_key_of_the_environment_wins_and_nothing_is_kept(tmp_path):
    kept = tmp_path / "secret_key"

    assert environment.secret_key({"WORKBENCH_SECRET_KEY": LONG}, kept_in=kept) == LONG
    assert not kept.exists()


@pytest.mark.parametrize("key", ["short", "a" * 60])
def test_a_weak_secret_key_is_refused_without_being_repeated(key, tmp_path):
    with pytest.raises(SettingsRefused, match="use at least 50 random ones") as refusal:
        environment.secret_key({"WORKBENCH_SECRET_KEY": key}, kept_in=tmp_path / "k")

    assert key not in str(refusal.value)


def test_an_emptied_secret_key_file_is_refused(tmp_path):
    (tmp_path / "k").touch()

    with pytest.raises(SettingsRefused, match="delete it, and the next run makes a new one"):
        environment.secret_key({}, kept_in=tmp_path / "k")


def test_a_mistyped_variable_ends_any_command_in_one_sentence():
    done = manage("check", WORKBENCH_DEBUG="yes")

    assert done.returncode == 1
    assert done.stderr == 'WORKBENCH_DEBUG is "yes"; use True or False.\n'


def test_the_deployment_check_is_clean_with_production_settings():
    done = manage(
        "check",
        "--deploy",
        "--fail-level=INFO",
        WORKBENCH_HTTPS="True",
        WORKBENCH_ALLOWED_HOSTS="desk.example.org",
        WORKBENCH_SECRET_KEY=LONG,
    )

    assert (done.returncode, done.stderr) == (0, "")
