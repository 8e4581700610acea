import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.cursor import Cursor, parse_cursor
from annotations.domain.errors import Refused

counts = st.integers(0, 10**11)
cursors = st.builds(Cursor, counts, counts, counts)


@given(cursors)
def test_a_cursor_is_read_as_it_was_written(cursor):
    assert parse_cursor(str(cursor)) == cursor


@given(cursors, counts, counts, counts)
def test_a_page_is_behind_by_the_events_it_lacks(cursor, project, article, layers):
    later = Cursor(cursor.project + project, cursor.article + article, cursor.layers + layers)

    assert cursor.behind(later) == later.total - cursor.total
    assert later.behind(cursor) == (0 if later == cursor else -1)


def test_a_page_that_knows_more_of_one_stream_is_not_simply_behind():
    assert Cursor(3, 1, 0).behind(Cursor(2, 9, 0)) == -1


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "1.2.3.4", "1.2.-3", "1.2.x", "1.2.٣", "1.2.", "1.2." + "9" * 13]
)
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(Refused, match="is no cursor") as refusal:
        parse_cursor(text)

    assert refusal.value.code == "cursor"
