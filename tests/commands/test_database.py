"""What every command says of a database that cannot be worked with: one sentence."""

import os
import subprocess
import sys

import pytest

from tests.conftest import PROJECT


@pytest.mark.parametrize("command", [("verify",), ("export_dataset", "--project", "desk")])
@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("sqlite:///{folder}/new.sqlite3", "run manage.py migrate first", id="new"),
        pytest.param(
            "postgresql://ada:secret@127.0.0.1:1/desk", "cannot be reached", id="no server"
        ),
    ],
)
def test_a_database_that_is_not_there_yet_is_named_in_a_sentence(tmp_path, command, url, said):
    more = ("--format", "jsonl", "--output", "-") if len(command) > 1 else ()

    done = subprocess.run(
        [sys.executable, "manage.py", *command, *more],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": url.format(folder=tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr
