"""What every form does with what is typed: nothing is cut, and characters are counted once."""

import pytest
from django.http import QueryDict

from annotations import forms as ours
from annotations.actions.review import COMMENT_MOST
from annotations.html import MOST

NOTE = ("Ask cafe\u0301 שלום 🌊\n" * 1_500)[:19_999] + "."


FORMS = [
    form
    for form in vars(ours).values()
    if isinstance(form, type) and issubclass(form, ours.PlainForm)
]


def made(form, data=None):
    """Return the form, with what its kind asks for."""
    given = {}
    if issubclass(form, ours.SpanFields):
        given = {"labels": [], "speakers": list}
    elif form is ours.AssertionForm:
        given = {"speakers": []}
    elif issubclass(form, ours.CiteForm | ours.SourceFields):
        given = {"readers": []}
    elif form is ours.AssignForm:
        given = {"people": []}
    return form(data, **given)


@pytest.mark.parametrize("form", FORMS)
def test_no_field_cuts_what_is_pasted(form):
    for field in made(form).fields.values():
        most = getattr(field, "max_length", None) or 0
        attrs = field.widget.attrs
        assert attrs.get("maxlength", "1") == "1"
        assert most < 2 or field.widget.is_hidden or attrs["data-most"] == str(most)


def test_a_line_feed_counts_once_though_a_browser_sends_two_characters():
    sent = QueryDict(mutable=True)
    sent["note"] = NOTE.replace("\n", "\r\n")
    form = made(ours.SpanFields, sent)

    assert form.is_valid(), form.errors
    assert form.cleaned_data["note"] == NOTE


def test_one_character_too_many_is_refused_with_the_numbers_and_stays_in_the_field():
    form = made(ours.SpanFields, {"note": NOTE + "🌊"})

    assert "at most 20000 characters (it has 20001)" in str(form.errors["note"])
    assert form["note"].value() == NOTE + "🌊"


def test_the_fields_of_comments_and_guidelines_say_what_their_actions_hold(settings):
    templates = settings.BASE_DIR / "templates" / "annotations"
    for name in ("_thread", "_comments", "_comment"):
        page = (templates / f"{name}.html").read_text()
        assert f'data-most="{COMMENT_MOST}"' in page
        assert "maxlength" not in page
    assert ours.ProjectForm().fields["guidelines"].widget.attrs["data-most"] == MOST
