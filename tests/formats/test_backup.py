"""A backup reads as it was written, or says that it does not."""

import random
import zipfile
from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.errors import BackupRefused
from annotations.formats.backup import MANIFEST, STEP, Backup, write

ROWS = [
    ["7", "Zoe\u0301 👩‍👩‍👧\n", None, True, {"שלום": [1, 0.5], "a": "\u2028"}],
    ["8", "", 2**53 + 1, False, {}],
]
ABOUT = {
    "made_at": "2026-11-22T09:00:00.000Z",
    "migrations": [],
    "history": {"streams": 0, "events": 0, "heads_sha256": "0" * 64},
}


def a_backup(path, *tables):
    with path.open("wb") as file:
        write(file, tables or [("desk.note", ["uuid", "text", "n", "yes", "more"], ROWS)], ABOUT)
    return path


@pytest.fixture
def path(tmp_path):
    return a_backup(tmp_path / "a.backup")


def everything(path):
    found = Backup(path)
    return [(table, list(found.rows(table))) for table in found.tables]


def rewritten(path, **members):
    """Put other members in the place of those of these names, under the same manifest."""
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (kept | members).items():
            if content is not None:
                archive.writestr(name, content)


def manifest(path, **values):
    with zipfile.ZipFile(path) as archive:
        said = orjson.loads(archive.read(MANIFEST))
    rewritten(path, **{MANIFEST: orjson.dumps(said | values)})


def test_what_was_written_is_read_back(path):
    found = Backup(path)

    table = found.table("desk.note")
    assert list(found.rows(table)) == ROWS
    assert [record["text"] for record in found.records(table)] == ["Zoe\u0301 👩‍👩‍👧\n", ""]
    assert found.made_at == "2026-11-22T09:00:00.000Z"


def test_json_values_are_spelt_alike_whatever_the_order_of_their_keys(tmp_path):
    one = a_backup(tmp_path / "one", ("desk.note", ["more"], [[{"a": 1, "b": {"d": 1, "c": 2}}]]))
    two = a_backup(tmp_path / "two", ("desk.note", ["more"], [[{"b": {"c": 2, "d": 1}, "a": 1}]]))

    assert Backup(one).tables == Backup(two).tables


def test_many_rows_are_written_in_pieces_and_told_of(tmp_path):
    heard = []
    rows = [["x" * 300] for _ in range(2 * STEP + 1)]

    with (tmp_path / "a").open("wb") as file:
        write(file, [("desk.note", ["text"], rows)], ABOUT, lambda *told: heard.append(told))

    assert heard == [("desk.note", number) for number in (STEP, 2 * STEP, 2 * STEP + 1)]
    assert everything(tmp_path / "a")[0][1] == rows


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BackupRefused, match=r"none cannot be read: No such file or directory\."):
        Backup(tmp_path / "none")


@pytest.mark.parametrize(
    "content", [b"", b"P", b"\x1f\x8b\x08", '{"format": "🌊"}'.encode()], ids=repr
)
def test_another_file_is_no_backup(tmp_path, content):
    (tmp_path / "a").write_bytes(content)

    with pytest.raises(BackupRefused, match="is no backup of a workbench") as refusal:
        Backup(tmp_path / "a")

    assert refusal.value.code == "backup_unknown"


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.9, 0.99])
def test_a_file_that_was_cut_off_is_refused(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(BackupRefused, match="is damaged or cut off"):
        everything(path)


@given(st.data())
def test_of_a_flipped_bit_nothing_false_is_read(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "flipped.backup"
    whole = bytearray(a_backup(path).read_bytes())
    before = everything(path)
    at = data.draw(st.integers(0, len(whole) - 1), label="byte")
    whole[at] ^= 1 << data.draw(st.integers(0, 7), label="bit")
    path.write_bytes(whole)

    # Not every byte of a ZIP file says something: dates, and a second copy of each name.
    with suppress(BackupRefused):
        assert everything(path) == before


def test_noise_inside_is_refused(path):
    whole = bytearray(path.read_bytes())
    whole[60:90] = random.Random(1).randbytes(30)
    path.write_bytes(whole)

    with pytest.raises(BackupRefused, match=r"desk\.note\.jsonl cannot be read"):
        everything(path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'["7","",null,true,{}]\n', id="a row less"),
        pytest.param(b'["7","",null,true]\n' * 2, id="a column less"),
        pytest.param(b'["7","",null,true,{}]\n' * 2, id="other rows"),
        pytest.param(b"", id="no rows"),
        pytest.param(None, id="no member"),
    ],
)
def test_rows_that_are_not_those_of_the_manifest_are_refused(path, content):
    rewritten(path, **{"desk.note.jsonl": content})

    with pytest.raises(BackupRefused, match=r"desk\.note\.jsonl cannot be read") as refusal:
        everything(path)

    assert refusal.value.code == "backup_damaged"


def test_a_later_version_of_the_format_is_refused_by_its_number(path):
    manifest(path, version=2, tables="told otherwise")

    with pytest.raises(
        BackupRefused, match=r"version 2 of the format.* up to version 1"
    ) as refusal:
        Backup(path)

    assert refusal.value.code == "backup_newer"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"format": "another"}, r"manifest\.json cannot be read"),
        ({"tables": [{"name": "a"}]}, "has no tables as this program writes it"),
    ],
)
def test_a_manifest_of_something_else_is_refused(path, values, said):
    manifest(path, **values)

    with pytest.raises(BackupRefused, match=said):
        Backup(path)
