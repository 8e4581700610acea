"""The forms of the pages: what may be typed, in plain words; the actions decide what holds."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import TextChoices
from django.utils.text import slugify

from annotations.domain.citations import canonical_url, partial_date
from annotations.domain.errors import Refused, TextRefused
from annotations.domain.policy import Policy
from annotations.domain.portable import MOST_NUMBER
from annotations.domain.text import canonicalise
from annotations.domain.versions import INHERITED
from annotations.domain.vocabulary import (
    REASON_MOST,
    Access,
    AssignmentKind,
    BlockRole,
    Certainty,
    ClaimKind,
    LabelKind,
    LogKind,
    Outcome,
    Preset,
    QuoteKind,
    Relation,
    ReturnReason,
    Role,
    Side,
    SourceKind,
    SourceLevel,
    Stance,
    Verdict,
    Voice,
    WorkState,
)
from annotations.formats.registry import EXPORTERS
from annotations.html import MOST


class PlainForm(forms.Form):
    """A form whose texts keep the line feeds that the database has, not a browser's CRLF.

    No field cuts what is pasted: js/room.js says what does not fit, and so does the server.
    """

    required_css_class = "required"

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data and _with_line_feeds(data), *args, **kwargs)
        for field in self.fields.values():
            attrs = field.widget.attrs
            # Of a field of one character nothing can be lost.
            if attrs.get("maxlength", "1") != "1":
                attrs["data-most"] = attrs.pop("maxlength")

    def clean(self) -> dict[str, Any]:
        return super().clean() or self.cleaned_data


def _with_line_feeds(data: Any) -> Any:
    """Return what was sent as the database has it, before its characters are counted."""
    sent = {name: value for name, value in data.items() if isinstance(value, str) and "\r" in value}
    if sent:
        data = data.copy()
        for name, value in sent.items():
            data[name] = value.replace("\r\n", "\n").replace("\r", "\n")
    return data


class RevisedForm(PlainForm):
    """A form about a row as it was at ``revision``."""

    revision = forms.IntegerField(min_value=1, max_value=MOST_NUMBER, widget=forms.HiddenInput)

    def show_conflict(self, message: str, current: dict[str, Any]) -> None:
        """Show what is stored now beside what was typed; sending again replaces it knowingly."""
        self.add_error(None, f"{message} Save again to replace it by what stands below.")
        current = current | (current.get("policy") or {})
        for name, typed in list(self.cleaned_data.items()):
            if name != "revision" and name in current and current[name] != typed:
                self.add_error(name, f"It now reads: {_in_words(current[name])}")
        self.data = self.data.copy()
        self.data[self.add_prefix("revision")] = str(current["revision"])


class Words(forms.CharField):
    """Words as they are stored: canonical, so that no character is refused that can be left out."""

    def to_python(self, value: Any) -> str:
        text: str = super().to_python(value)
        try:
            return canonicalise(text).text
        except TextRefused as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from None


class KeyField(forms.Field):
    """A row by its UUID; what is none names a row that nobody has, so that both are missing."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> UUID | None:
        try:
            return UUID(value) if value else None
        except ValueError:
            return UUID(int=0)


class KeysField(forms.Field):
    """Several rows or operations, by their UUIDs."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {"invalid": "These are named by UUIDs."}

    def to_python(self, value: Any) -> list[UUID]:
        try:
            return [UUID(one) for one in value or ()]
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class SeenForm(PlainForm):
    """A button about a row as its page showed it; without ``revision`` as it is now."""

    revision = forms.IntegerField(required=False, min_value=0, max_value=MOST_NUMBER)


class TickForm(PlainForm):
    """Read, or with ``off`` no longer."""

    read = forms.ChoiceField(required=False, choices=[("on", "on"), ("off", "off")])

    @property
    def is_read(self) -> bool:
        return bool(self.cleaned_data["read"] != "off")


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return str(value) or "(nothing)"


# --- projects ---------------------------------------------------------------------------------


class NewProjectForm(PlainForm):
    name = forms.CharField(
        max_length=200, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"})
    )
    slug = forms.SlugField(
        label="Short name",
        max_length=60,
        required=False,
        help_text="Stands in the project’s addresses and stays: small letters, digits and "
        "hyphens. Left empty, it is made from the name.",
    )
    organisation = forms.CharField(max_length=200, required=False)
    preset = forms.ChoiceField(
        label="How you work",
        choices=[
            (preset.value, preset.label)
            for preset in Preset
            # It comes with the screens for adjudication.
            if preset != Preset.DATASET
        ],
        initial=Preset.DESK,
        widget=forms.RadioSelect,
        error_messages={
            "invalid_choice": "A project cannot begin from this preset yet; choose desk or solo."
        },
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["slug"] = (cleaned.get("slug") or "").lower() or proposed_slug(
            cleaned.get("name", "")
        )
        if not cleaned["slug"] and cleaned.get("name") and "slug" not in self.errors:
            self.add_error("slug", "Choose a short name: none can be made from this name.")
        return cleaned


def proposed_slug(name: str) -> str:
    """Return a short name for an address, made from ``name``; "" where its letters give none.

    >>> proposed_slug("Zoé’s Desk, 2021")
    'zoes-desk-2021'
    """
    return slugify(name).replace("_", "-")[:60].strip("-")


class ProjectForm(RevisedForm):
    name = forms.CharField(max_length=200)
    organisation = forms.CharField(max_length=200, required=False)
    guidelines = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 12, "data-most": MOST}),
        help_text="What your people agree on, beside the definitions of the labels. An empty line "
        "begins a paragraph; links, lists and emphasis may be written in HTML. A change raises "
        "the guidelines’ version, and sign-offs under the version before lapse.",
    )


#: Each rule of the policy: its question, and what is to be known about it.
RULES: dict[str, tuple[str, str]] = {
    "sign_offs": ("Sign-offs an article needs", "0: nobody needs to sign."),
    "second_readers": (
        "Second readers a span needs",
        "Nobody is second reader of what he wrote. 0: spans are not read a second time.",
    ),
    "sources": (
        "Confirmed sources asked for",
        "A source counts once somebody else than who added it confirmed that it says so.",
    ),
    "sourced_kinds": ("Kinds of label that need these sources", ""),
    "verdicts": ("Each claim needs a verdict", ""),
    "read": (
        "Each counted block must be ticked as read",
        "Keeps a paragraph without a mark from being one that nobody looked at.",
    ),
    "date": ("The publication date must be known", ""),
    "comments": ("Open comments block a sign-off", ""),
    "sole_author": (
        "Whoever marked every span alone may sign the article off",
        "The certificate then says so.",
    ),
    "annotators": (
        "People who annotate each article",
        "Counts in independent mode only.",
    ),
    "counted_roles": (
        "Blocks that are annotated and counted",
        "The others are shown dimmed.",
    ),
}


class PolicyForm(RevisedForm):
    """Every rule of ``domain.policy.Policy`` under its own name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        defaults = Policy()
        for name, (label, help_text) in RULES.items():
            self.fields[name] = _rule_field(name, getattr(defaults, name), label, help_text)

    @property
    def rules(self) -> dict[str, Any]:
        """Return the cleaned policy as ``Policy.from_json`` takes it."""
        return {name: self.cleaned_data[name] for name in RULES}

    @staticmethod
    def initial_of(policy: Policy, revision: int) -> dict[str, Any]:
        return {**policy.to_json(), "revision": revision}


def _rule_field(name: str, default: object, label: str, help_text: str) -> forms.Field:
    if isinstance(default, bool):
        return forms.BooleanField(label=label, help_text=help_text, required=False)
    if isinstance(default, int):
        return forms.IntegerField(label=label, help_text=help_text, min_value=0, max_value=9)
    choices = BlockRole.choices if name == "counted_roles" else LabelKind.choices
    return forms.MultipleChoiceField(
        label=label,
        help_text=help_text,
        choices=choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


# --- people -----------------------------------------------------------------------------------

_USERNAME = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class RoleForm(PlainForm):
    role = forms.ChoiceField(choices=Role.choices, initial=Role.ANNOTATOR)


class MemberForm(RoleForm):
    """An account, by its user name, and the role it gets."""

    username = forms.CharField(
        label="User name", max_length=150, widget=forms.TextInput(attrs=_USERNAME)
    )
    field_order = ("username", "role")


class AccountForm(MemberForm):
    """An account to be made, for somebody who has none."""

    name = forms.CharField(
        label="Name", max_length=150, help_text="As it stands in histories and certificates."
    )
    field_order = ("username", "name", "role")


class PersonForm(PlainForm):
    name = forms.CharField(max_length=150)


class RenameForm(RevisedForm):
    name = forms.CharField(max_length=150)


# --- labels -----------------------------------------------------------------------------------


class LabelFields(forms.Form):
    name = forms.CharField(max_length=40)
    key = forms.CharField(
        max_length=1,
        widget=forms.TextInput(attrs={"size": 2, "autocomplete": "off", "autocapitalize": "none"}),
        help_text="The key that marks a selection with it.",
    )
    colour = forms.CharField(
        max_length=7,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "#1763a6", "autocomplete": "off"}),
        help_text="Six hex digits after #; left empty, the colour of its kind.",
    )
    definition = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 4, "data-most": MOST})
    )


class NewLabelForm(LabelFields, PlainForm):
    kind = forms.ChoiceField(
        choices=LabelKind.choices,
        help_text="Fixed once it is chosen: counts, policy and exports ask for the kind.",
    )
    field_order = ("name", "key", "kind", "colour", "definition")


class LabelForm(LabelFields, RevisedForm):
    retired = forms.BooleanField(
        required=False,
        label="Retired",
        help_text="Spans keep it; no new span can have it.",
    )


def values_of(form: forms.Form, names: Iterable[str]) -> dict[str, Any]:
    """Return the cleaned values of these fields."""
    return {name: form.cleaned_data[name] for name in names}


# --- spans ------------------------------------------------------------------------------------


def _optional(choices: type[TextChoices], nothing: str) -> list[tuple[str, str]]:
    return [("", nothing), *choices.choices]


def _offset(**options: Any) -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=0, max_value=MOST_NUMBER, **options)


class SpanFields(PlainForm):
    """What may be said of a span. A field that was not sent is left as it is."""

    label = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    voice = forms.ChoiceField(choices=Voice.choices, required=False, help_text="Who says it.")
    speaker = forms.ChoiceField(required=False, label="Speaker")
    speaker_name = forms.CharField(
        required=False,
        max_length=200,
        label="Or a new speaker",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    chain = forms.CharField(
        required=False,
        max_length=300,
        label="Reported by way of",
        help_text="Through whom the words reach us.",
    )
    note = forms.CharField(
        required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    quote_kind = forms.ChoiceField(choices=QuoteKind.choices, required=False, label="Quotation")
    claim_kind = forms.ChoiceField(
        choices=_optional(ClaimKind, "not said"), required=False, label="Kind of claim"
    )
    certainty = forms.ChoiceField(choices=Certainty.choices, required=False)
    check_worthiness = forms.TypedChoiceField(
        choices=[("", "not said"), *((str(n), str(n)) for n in range(4))],
        required=False,
        coerce=int,
        empty_value=None,
        label="Check-worthiness",
        help_text="0 not at all, 3 most.",
    )
    uncertain = forms.BooleanField(required=False, label="I am not certain of this")

    def __init__(
        self,
        *args: Any,
        labels: Iterable[tuple[str, str]],
        speakers: Callable[[], Iterable[tuple[str, str]]],
        shown: bool = True,
        **kwargs: Any,
    ) -> None:
        """``speakers`` is asked only where a speaker is shown or was sent: a save has none.

        Of a form that is not ``shown``, because a script sent it, fields that were not sent are
        not made: they would take a third of a save's time.
        """
        if not shown:
            sent = kwargs["data"]
            self.base_fields = {
                name: field
                for name, field in type(self).base_fields.items()
                if name in sent or name == "label" or name not in SpanFields.base_fields
            }
        super().__init__(*args, **kwargs)
        self.fields["label"].choices = list(labels)
        if "speaker" in self.fields:
            self.fields["speaker"].choices = lambda: [("", "nobody named"), *speakers()]

    def said(self) -> dict[str, Any]:
        """Return the cleaned values of the fields that were sent."""
        return {
            name: self.cleaned_data[name] for name in SpanFields.base_fields if name in self.data
        }


class AddSpanForm(SpanFields):
    """Words to mark: by their offsets, or quoted and then found, folded."""

    quote = forms.CharField(
        required=False,
        label="Words to mark",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="As they stand in the article. Quotation marks, dashes, accents, capitals and "
        "blanks need not agree.",
    )
    block = _offset(widget=forms.HiddenInput)
    start = _offset(widget=forms.HiddenInput)
    end = _offset(widget=forms.HiddenInput)
    field_order = ("quote", "label", "voice", "speaker", "speaker_name", "note")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("label") and "label" not in self.errors:
            self.add_error("label", "Choose a label.")
        by_offsets = cleaned.get("start") is not None and cleaned.get("end") is not None
        if not by_offsets and not cleaned.get("quote") and not self.errors:
            self.add_error("quote", "Quote the words to mark.")
        return cleaned


_PLACE = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")


class PlacesField(forms.Field):
    """Stretches of an article's text, each "start-end" in code points, the end exclusive."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[tuple[int, int]]:
        found = [_PLACE.fullmatch(one) for one in value or ()]
        if not all(found):
            raise forms.ValidationError("A place reads like 12-20.", code="place")
        return [(int(one[1]), int(one[2])) for one in found if one]


class MarkEveryForm(SpanFields):
    """Which occurrences of some words to mark, and as what."""

    quote = forms.CharField(widget=forms.HiddenInput, required=False)
    place = PlacesField(
        error_messages={"required": "Choose at least one place to mark."},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("label") and "label" not in self.errors:
            self.add_error("label", "Choose a label.")
        return cleaned


class PlaceForm(forms.Form):
    """A stretch of an article's text, in code points, the end exclusive."""

    start = forms.IntegerField(min_value=0, max_value=MOST_NUMBER)
    end = forms.IntegerField(min_value=0, max_value=MOST_NUMBER)


class ChangeSpanForm(SpanFields, RevisedForm):
    #: Put a withdrawn span back first; sent by the choice between two versions alone.
    restore = forms.BooleanField(required=False, widget=forms.HiddenInput)
    start = _offset()
    end = _offset()
    quote = forms.CharField(
        required=False,
        label="Its words",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Change them to move its ends; they must stand in the article.",
    )
    field_order = ("revision", "quote", "label", "voice", "speaker", "speaker_name", "note")

    def show_conflict(self, message: str, current: dict[str, Any]) -> None:
        """Show only what was sent, and keys by the words of their choices."""
        shown = {"revision": current["revision"]}
        for name in self.data:
            stored, typed = current.get(name), self.cleaned_data.get(name)
            if name in current and str(stored or "") != str(typed or ""):
                choices = dict(getattr(self.fields.get(name), "choices", ()))
                shown[name] = choices.get(str(stored or ""), stored)
        super().show_conflict(message, shown)


class PlacedForm(PlainForm):
    """Where a span shall be: by its two ends, or by the words that were quoted."""

    start = _offset()
    end = _offset()
    quote = Words(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.errors or (cleaned["start"] is None) != (cleaned["end"] is None):
            raise forms.ValidationError("A place is two numbers, start and end.", code="place")
        return cleaned


class PastForm(PlainForm):
    """Operations that an undo passes over, because they were refused."""

    past = KeysField(
        required=False, error_messages={"invalid": "What is to be passed over is named by UUIDs."}
    )


class PresenceForm(PlainForm):
    """Which tab its reader is in, and where there."""

    tab = forms.UUIDField(error_messages={"required": "A page says which one it is by a UUID."})
    gone = forms.CharField(required=False, max_length=10)
    block = forms.IntegerField(required=False, min_value=0, max_value=MOST_NUMBER)
    span = KeyField(required=False)


class ThemeForm(PlainForm):
    theme = forms.ChoiceField(required=False, choices=[("light", "light"), ("dark", "dark")])


# --- second reading, comments and sign-off ------------------------------------------------------


class DecideForm(PlainForm):
    """A second reader's decision. Of a proposal a field that was not sent is left as it is."""

    outcome = forms.ChoiceField(choices=Outcome.choices, label="Decision")
    shown = forms.CharField(required=False, max_length=200, label="What was shown")
    reason_code = forms.ChoiceField(
        required=False, choices=[("", ""), *ReturnReason.choices], label="Why"
    )
    reason = Words(required=False, max_length=REASON_MOST, label="In your words")
    quote = Words(required=False, label="Words")
    #: One of the places of which words that occur several times can be meant.
    place = forms.RegexField(_PLACE, required=False, label="Place")
    label = KeyField(required=False)
    voice = forms.ChoiceField(choices=Voice.choices, required=False)
    speaker = KeyField(required=False)
    chain = Words(required=False, max_length=300, label="Reported by way of")
    quote_kind = forms.ChoiceField(choices=QuoteKind.choices, required=False, label="Quotation")
    claim_kind = forms.ChoiceField(
        choices=_optional(ClaimKind, "not said"), required=False, label="Kind of claim"
    )
    certainty = forms.ChoiceField(choices=Certainty.choices, required=False)

    #: The fields of a span that can be proposed as they were sent.
    PLAIN = ("voice", "chain", "quote_kind", "claim_kind", "certainty")
    #: Of these a blank says nothing.
    _CHOSEN = ("voice", "quote_kind", "certainty")

    @property
    def place_chosen(self) -> tuple[int, int] | None:
        """Return the place that was chosen, if one was."""
        found = _PLACE.fullmatch(self.cleaned_data["place"])
        return (int(found[1]), int(found[2])) if found else None

    def said(self) -> dict[str, Any]:
        """Return the fields that were sent and are stored as they are."""
        values = {name: self.cleaned_data[name] for name in self.PLAIN if name in self.data}
        return {name: value for name, value in values.items() if value or name not in self._CHOSEN}


class AnswerForm(PlainForm):
    """An author's answer to a proposal that is not taken."""

    answer = Words(
        max_length=REASON_MOST,
        label="Keep mine, because",
        error_messages={"required": "Say in a line why you keep yours."},
    )


class AboutSpanForm(PlainForm):
    span = KeyField(required=False)


class CommentForm(PlainForm):
    """What is said, and what about: a comment that is answered, a span, or else the article."""

    # The action says what is too long or nothing at all.
    body = Words(required=False, strip=False)
    revision = forms.IntegerField(required=False, min_value=0, max_value=MOST_NUMBER)
    span = KeyField(required=False)
    parent = KeyField(required=False)


class RestoreForm(PlainForm):
    """What comes back out of the trash; everything where nothing is named."""

    span = KeyField(required=False)
    citation = KeyField(required=False)


class InboxForm(TickForm):
    item = forms.IntegerField(required=False, min_value=1, max_value=10**15)


class SignForm(PlainForm):
    """A signature: the digest of what was shown, and reasons for what shall not block it.

    A field ``waive:NAME`` has the reason of one blocker, ``waive-all:KIND`` that of a whole group.
    """

    seen = forms.CharField(required=False, max_length=64)

    def reasons(self, prefix: str) -> dict[str, str]:
        """Return the reasons of the fields whose names begin with ``prefix``, by the rest of it.

        Also of a form that is not valid, which shows them again.
        """
        return {
            name.removeprefix(prefix): reason.strip()
            for name, reason in self.data.items()
            if name.startswith(prefix) and isinstance(reason, str) and reason.strip()
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for kept, prefix in (("alone", "waive:"), ("grouped", "waive-all:")):
            cleaned[kept] = {
                name: self._checked(reason) for name, reason in self.reasons(prefix).items()
            }
        return cleaned

    def _checked(self, reason: str) -> str:
        try:
            reason = canonicalise(reason).text.strip()
        except TextRefused as refusal:
            self.add_error(None, refusal.message)
        if len(reason) > REASON_MOST:
            self.add_error(
                None,
                f"The reason that begins “{reason[:40]}…” has {len(reason):,} characters; use at "
                f"most {REASON_MOST:,}.",
            )
        return reason


class AssignForm(PlainForm):
    person = forms.ChoiceField(label="To")
    kind = forms.ChoiceField(label="For", choices=AssignmentKind.choices)
    due = forms.DateField(
        label="Due", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, people: Iterable[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, auto_id="assign-%s", **options)
        self.fields["person"].choices = list(people)


class RoleOfBlockForm(PlainForm):
    role = forms.ChoiceField(choices=BlockRole.choices)


# --- export -------------------------------------------------------------------------------------


class ExportForm(PlainForm):
    """What leaves and in which form; the formats come from the registry."""

    format = forms.ChoiceField(
        label="Format",
        widget=forms.RadioSelect,
        choices=[(each.name, each.title) for each in EXPORTERS.values()],
        initial="fixture",
    )
    articles = forms.ChoiceField(
        label="Articles",
        widget=forms.RadioSelect,
        choices=[("all", "all articles"), ("signed_off", "only articles that are signed off")],
        initial="all",
    )
    older_versions = forms.BooleanField(
        label="Older versions too",
        help_text="Each version is an article of its own. A fixture holds them in any case.",
        required=False,
    )
    people = forms.ChoiceField(
        label="People",
        widget=forms.RadioSelect,
        choices=[
            ("pseudonyms", "pseudonyms; what the history says of names is withheld"),
            ("names", "their names"),
        ],
        initial="pseudonyms",
    )
    standoff = forms.BooleanField(
        label="Leave out the text of articles that may not be redistributed",
        help_text="Spans leave with their positions, without their words. Whoever loads such a "
        "fixture must have the same texts.",
        required=False,
    )


# --- evidence ---------------------------------------------------------------------------------

_ONE_LINE = {"autocomplete": "off"}
_DATE_HELP = "2021, 2021-09 or 2021-09-14."


def _lines(rows: int, **attrs: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attrs})


#: Words that a browser never keeps (secrets.js), and what of a confidential source is as secret.
_SECRET = {"data-secret": "", "autocomplete": "off"}
_SECRET_THEN = {"data-secret": f"access={Access.CONFIDENTIAL}", "autocomplete": "off"}


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


class CitationFields(forms.Form):
    """What a citation says of a source."""

    stance = forms.ChoiceField(
        choices=Stance.choices, initial=Stance.SUPPORTS, widget=forms.RadioSelect
    )
    quotation = forms.CharField(
        required=False,
        max_length=20_000,
        widget=_lines(3),
        help_text="Word for word, as it can be found there.",
    )
    locator = forms.CharField(
        required=False,
        max_length=200,
        label="Where in it",
        widget=forms.TextInput(attrs=_ONE_LINE),
        help_text="Page, paragraph, table, minute and second.",
    )
    accessed_on = _day("Looked up on")
    archive_url = forms.CharField(
        required=False,
        max_length=2000,
        label="Archived copy",
        widget=forms.URLInput(attrs={"placeholder": "https://…", **_ONE_LINE}),
    )
    archived_on = _day("Archived on")
    original_quotation = forms.CharField(
        required=False,
        max_length=20_000,
        widget=_lines(2),
        label="Original wording",
        help_text="Where the quotation above is a translation.",
    )
    original_language = forms.CharField(
        required=False,
        max_length=35,
        label="Its language",
        widget=forms.TextInput(attrs={"placeholder": "de", **_ONE_LINE}),
    )
    note = forms.CharField(required=False, max_length=20_000, widget=_lines(2))


#: The fields of ``CitationFields``, as actions take them.
CITATION_FIELDS = tuple(CitationFields.base_fields)


class ChangeCitationForm(CitationFields, RevisedForm):
    #: Put a withdrawn one back first; sent by the choice between two versions alone.
    restore = forms.BooleanField(required=False, widget=forms.HiddenInput)


class CiteForm(CitationFields, PlainForm):
    """A citation with its source: a known one, an article of the project, or a new one."""

    #: What a button or a list chose: "source:" or "article:" and a UUID.
    chosen = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    source = forms.CharField(
        required=False,
        max_length=4000,
        widget=forms.TextInput(attrs={"list": "source-choices", **_ONE_LINE}),
        help_text="A few letters of a source or an article of this project, or paste an address; "
        "of a link to words of a page the quotation is filled in.",
    )
    title = forms.CharField(
        required=False, max_length=500, widget=forms.TextInput(attrs=_SECRET_THEN)
    )
    kind = forms.ChoiceField(
        required=False,
        choices=[choice for choice in SourceKind.choices if choice[0] != SourceKind.ARTICLE],
        initial=SourceKind.WEB,
    )
    level = forms.ChoiceField(required=False, choices=[("", "not said"), *SourceLevel.choices])
    publisher = forms.CharField(
        required=False, max_length=300, widget=forms.TextInput(attrs=_SECRET_THEN)
    )
    authors = forms.CharField(
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs=_SECRET_THEN),
        help_text="With a semicolon between two.",
    )
    published = forms.CharField(
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs=_SECRET_THEN),
        help_text=_DATE_HELP,
    )
    language = forms.CharField(
        required=False, max_length=35, widget=forms.TextInput(attrs=_ONE_LINE)
    )
    access = forms.ChoiceField(
        required=False, choices=Access.choices, initial=Access.OPEN, widget=forms.RadioSelect
    )
    details = forms.CharField(
        required=False,
        max_length=20_000,
        label="Details of a confidential source",
        widget=_lines(2, **_SECRET),
        help_text="Read by you and the readers you name, and by nobody else; not exported.",
    )
    readers = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="Who else reads the details"
    )
    #: What the button that was pressed goes on to.
    then = forms.ChoiceField(required=False, choices=[("next", "the next claim")])

    #: The fields of a new source, as actions take them.
    NEW = ("title", "kind", "level", "publisher", "published", "language", "access")

    def __init__(self, *args: Any, readers: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["readers"].choices = list(readers)

    def new_source(self) -> dict[str, Any]:
        """Return the cleaned values of a new source, its address apart."""
        values = values_of(self, self.NEW)
        values["kind"] = values["kind"] or SourceKind.WEB.value
        values["access"] = values["access"] or Access.OPEN.value
        names = (name.strip() for name in self.cleaned_data["authors"].split(";"))
        return {**values, "authors": [name for name in names if name]}


class AssertionForm(RevisedForm):
    revision = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_NUMBER, widget=forms.HiddenInput
    )
    paraphrase = forms.CharField(
        required=False,
        max_length=20_000,
        label="In neutral words",
        widget=_lines(2),
        help_text="What is said, so that it can be checked without the article.",
    )
    speaker = forms.ChoiceField(required=False, label="Said by")
    said_on = forms.CharField(
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs=_ONE_LINE),
        help_text=_DATE_HELP,
    )
    due = forms.CharField(
        required=False,
        max_length=10,
        label="Can be checked from",
        widget=forms.TextInput(attrs=_ONE_LINE),
        help_text="Of a prediction, when it comes due.",
    )

    def __init__(self, *args: Any, speakers: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["speaker"].choices = [("", "nobody named"), *speakers]


class WorkStateForm(RevisedForm):
    revision = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_NUMBER, widget=forms.HiddenInput
    )
    state = forms.ChoiceField(choices=WorkState.choices, label="How far the search is")
    due = forms.CharField(
        required=False,
        max_length=10,
        label="Until",
        widget=forms.TextInput(attrs=_ONE_LINE),
        help_text=f"Needed for “not due”: {_DATE_HELP}",
    )


class WorkLogForm(PlainForm):
    kind = forms.ChoiceField(choices=LogKind.choices, widget=forms.RadioSelect, initial="search")
    on = _day("When")
    where = forms.CharField(required=False, max_length=300, widget=forms.TextInput(attrs=_ONE_LINE))
    who = forms.CharField(
        required=False,
        max_length=200,
        label="Whom",
        widget=forms.TextInput(attrs=_ONE_LINE),
    )
    what = forms.CharField(required=False, max_length=20_000, widget=_lines(2))
    answer = forms.CharField(
        required=False, max_length=20_000, label="Answer or result", widget=_lines(2)
    )


class VerdictForm(RevisedForm):
    revision = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_NUMBER, widget=forms.HiddenInput
    )
    verdict = forms.ChoiceField(
        required=False,
        choices=[("", "none yet"), *Verdict.choices],
        widget=forms.RadioSelect,
    )
    verdict_reason = forms.CharField(
        required=False, max_length=20_000, label="Because", widget=_lines(3)
    )
    verdict_as_of = forms.CharField(
        required=False,
        max_length=10,
        label="As of",
        widget=forms.TextInput(attrs=_ONE_LINE),
        help_text=f"Left empty, today. {_DATE_HELP}",
    )


class FindAssertionForm(PlainForm):
    find = forms.CharField(
        required=False,
        max_length=500,
        label="Words of another assertion",
        widget=forms.TextInput(attrs={"type": "search", **_ONE_LINE}),
        help_text="Left empty, the words of this span.",
    )


class OtherAssertionForm(PlainForm):
    assertion = forms.UUIDField(widget=forms.HiddenInput)


class JoinForm(OtherAssertionForm):
    """Joining, with whose wording and verdict hold where both sides have one."""

    wording = forms.ChoiceField(required=False, choices=Side.choices)
    verdict = forms.ChoiceField(required=False, choices=Side.choices)


class RelateForm(OtherAssertionForm):
    kind = forms.ChoiceField(choices=Relation.choices, label="How it stands to it")
    note = forms.CharField(required=False, max_length=2000, widget=forms.TextInput(attrs=_ONE_LINE))


# --- sources ----------------------------------------------------------------------------------


class SourceFields(forms.Form):
    """What a source is."""

    title = forms.CharField(max_length=500, widget=forms.TextInput(attrs=_SECRET_THEN))
    kind = forms.ChoiceField(initial=SourceKind.WEB)
    url = forms.CharField(
        required=False,
        max_length=2000,
        label="Address",
        widget=forms.URLInput(attrs={"placeholder": "https://…", **_ONE_LINE}),
        help_text="A book, an interview or a letter has none; nor has a confidential source here.",
    )
    publisher = forms.CharField(
        required=False, max_length=300, widget=forms.TextInput(attrs=_SECRET_THEN)
    )
    authors = forms.CharField(
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs=_SECRET_THEN),
        help_text="With a semicolon between two.",
    )
    published = forms.CharField(
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs=_SECRET_THEN),
        help_text=_DATE_HELP,
    )
    level = forms.ChoiceField(required=False, choices=[("", "not said"), *SourceLevel.choices])
    language = forms.CharField(
        required=False,
        max_length=35,
        widget=forms.TextInput(attrs={"placeholder": "de", **_ONE_LINE}),
    )
    note = forms.CharField(required=False, max_length=20_000, widget=_lines(2, **_SECRET_THEN))
    access = forms.ChoiceField(
        choices=Access.choices, initial=Access.OPEN, widget=forms.RadioSelect
    )
    details = forms.CharField(
        required=False,
        max_length=20_000,
        label="Details of a confidential source",
        widget=_lines(2, **_SECRET),
        help_text="Read by you and the readers you name, and by nobody else; not exported.",
    )
    readers = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="Who else reads the details"
    )

    #: The fields that an action takes as they are.
    PLAIN = (
        *("title", "kind", "url", "publisher", "published", "level", "language", "note"),
        "access",
    )

    def __init__(
        self,
        *args: Any,
        readers: Iterable[tuple[str, str]],
        of_article: object = None,
        **kwargs: Any,
    ) -> None:
        """``of_article`` is the article that the source stands for: its kind is fixed."""
        super().__init__(*args, **kwargs)
        self.fields["readers"].choices = list(readers)
        self.fields["kind"].choices = [
            choice
            for choice in SourceKind.choices
            if (choice[0] == SourceKind.ARTICLE) == (of_article is not None)
        ]

    def values(self) -> dict[str, Any]:
        """Return the cleaned values as actions take them, what is confidential apart."""
        names = (name.strip() for name in self.cleaned_data["authors"].split(";"))
        return {**values_of(self, self.PLAIN), "authors": [name for name in names if name]}


class NewSourceForm(SourceFields, PlainForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("details") and cleaned.get("access") != Access.CONFIDENTIAL:
            self.add_error("details", "Only a confidential source has details to keep.")
        return cleaned


class EraseForm(PlainForm):
    reason = forms.CharField(max_length=2000, widget=forms.TextInput(attrs=_ONE_LINE))


class ChangeSourceForm(SourceFields, RevisedForm):
    field_order = ("revision",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["access"].help_text = (
            "Made confidential now, it is hidden from then on, its history too. That does not "
            "unsay what has left: files exported before keep it, and so do backups. Its page then "
            "lists these files and offers a manager to erase its history."
        )

    @classmethod
    def initial_of(cls, source: Any, details: str, readers: Iterable[object]) -> dict[str, Any]:
        return {
            "revision": source.revision,
            **{name: getattr(source, name) for name in cls.PLAIN},
            "authors": "; ".join(source.authors),
            "details": details,
            "readers": [str(reader) for reader in readers],
        }

    def show_conflict(self, message: str, current: dict[str, Any]) -> None:
        """Show the authors as they are typed."""
        super().show_conflict(message, current | {"authors": "; ".join(current["authors"])})


# --- imports ----------------------------------------------------------------------------------

_TYPED = {**_ONE_LINE, "dir": "auto"}


class ArticleFields(forms.Form):
    """What is known of an article apart from its text."""

    title = forms.CharField(max_length=500, widget=forms.TextInput(attrs=_TYPED))
    byline = forms.CharField(
        required=False, max_length=500, widget=forms.TextInput(attrs=_TYPED), label="By"
    )
    publisher = forms.CharField(
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs=_TYPED),
        help_text="Who published it first.",
    )
    site = forms.CharField(
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs=_TYPED),
        label="Taken from",
        help_text="The site of this copy, where it is a repost.",
    )
    published = forms.CharField(
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs=_ONE_LINE),
        label="Published on",
        help_text="2021-09-14, or 2021-09, or 2021.",
    )
    url = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.TextInput(attrs={**_ONE_LINE, "inputmode": "url"}),
        label="Address",
        help_text="By it a changed text is known as a new version.",
    )
    language = forms.RegexField(
        r"^[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,8})*$",
        required=False,
        max_length=35,
        widget=forms.TextInput(attrs=_ONE_LINE),
        help_text="en, pt-BR, ar …",
        error_messages={"invalid": "Give a language tag: en, pt-BR, ar."},
    )
    licence = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=_TYPED),
        help_text="CC BY 4.0, or who gave leave. Empty: not known.",
    )
    redistributable = forms.BooleanField(
        required=False,
        label="The text may be passed on in exports",
    )


#: The names of the metadata, in the order of the form.
ARTICLE_FIELDS = tuple(ArticleFields.base_fields)


class DecidedDate(forms.Form):
    """Of a form of metadata: the button of one of the days that a date may mean."""

    date = forms.RegexField(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", required=False, widget=forms.HiddenInput
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("date"):
            cleaned["published"] = cleaned["date"]
            self.errors.pop("published", None)
        return cleaned


class ItemForm(ArticleFields, DecidedDate, PlainForm):
    """An article that was read and is not stored yet.

    Each field is sent with what it showed at first: one that nobody touched changes nothing, so a
    page come back to does not undo what was corrected since. A field that was not sent is left
    as it is.
    """

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        for name in ARTICLE_FIELDS:
            self.fields[name].show_hidden_initial = True
            if self.is_bound and name not in self._sent:
                self.fields[name].required = False

    @property
    def _sent(self) -> set[str]:
        return {
            name
            for name in ARTICLE_FIELDS
            if name in self.data or self.add_initial_prefix(name) in self.data
        }

    def changes(self) -> dict[str, Any]:
        """Return the values that differ from what the form showed; of a script's, all it sent."""
        shown = {name for name in ARTICLE_FIELDS if self.add_initial_prefix(name) in self.data}
        touched = self._sent - shown | set(self.changed_data) & shown
        if self.cleaned_data.get("date"):
            touched.add("published")
        return {name: self.cleaned_data[name] for name in ARTICLE_FIELDS if name in touched}


class OnwardForm(PlainForm):
    """Where to go once the corrections of an article that is not stored yet are saved.

    ``then`` is ``save``, ``store``, or names another article of the batch, another page of its
    list or of its paragraphs; ``out`` leaves the article out of the batch or takes it in again.
    """

    then = forms.RegexField(r"^(?:save|store|(?:item|page|from)-[0-9]{1,15})$", required=False)
    out = forms.ChoiceField(choices=[("on", "on"), ("off", "off")], required=False)
    #: Of which version a field is, where the file says something else than the one before.
    choose = forms.RegexField(rf"^(?:{'|'.join(INHERITED)})-(?:before|file)$", required=False)
    page = forms.IntegerField(required=False, min_value=1, max_value=10**9)


class RolesForm(PlainForm):
    """Which part of a long list of blocks was shown, and whether it was asked already."""

    sure = forms.ChoiceField(required=False, choices=[("yes", "yes")])


# "from" is a word of Python's own.
RolesForm.base_fields["from"] = forms.IntegerField(
    required=False, min_value=0, max_value=MOST_NUMBER
)


class DetailsForm(ArticleFields, DecidedDate, RevisedForm):
    """An article that is stored."""


class ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class UploadForm(PlainForm):
    """Files as they come; what each of them holds is judged one by one, after the upload."""

    files = forms.Field(
        label="Files",
        required=False,
        widget=ManyFiles,
        help_text="Text, saved web pages (HTML) or JSON lines; up to 5 MB an article.",
    )
    licence = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=_TYPED),
        help_text="For every file that names none: CC BY 4.0, or who gave leave.",
    )
    redistributable = forms.BooleanField(
        required=False,
        label="The texts may be passed on in exports",
    )


class PasteForm(ArticleFields, PlainForm):
    """A text or the source of a page, pasted."""

    text = forms.CharField(
        # Blanks at its ends are part of it.
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "dir": "auto", "spellcheck": "false"}),
        label="The article",
    )
    kind = forms.ChoiceField(
        choices=[("txt", "plain text"), ("html", "the source of a web page (HTML)")],
        initial="txt",
        label="It is",
        widget=forms.RadioSelect,
    )
    title = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs=_TYPED),
        help_text="What is left empty here is taken from the text where it says so.",
    )
    field_order = ("text", "kind", *ARTICLE_FIELDS)

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if not text.strip():
            raise forms.ValidationError("Paste the text of an article.")
        return text

    def clean_url(self) -> str:
        return _checked(canonical_url, self.cleaned_data["url"])

    def clean_published(self) -> str:
        return _checked(partial_date, self.cleaned_data["published"])


def _checked(check: Callable[[str], str], typed: str) -> str:
    """Return what ``check`` makes of what was typed, its refusal as the field's error."""
    if not typed:
        return ""
    try:
        return check(typed)
    except Refused as refusal:
        raise forms.ValidationError(refusal.message) from refusal


def roles_changed(data: Mapping[str, str]) -> dict[int, str]:
    """Return the roles that differ from what a form of blocks showed; all where it says nothing.

    >>> roles_changed({"role-1": "body", "was-1": "body", "role-2": "body", "role-3": "body"})
    {2: 'body', 3: 'body'}
    """
    was = roles_in(data, prefix="was")
    return {index: role for index, role in roles_in(data).items() if was.get(index) != role}


def roles_in(data: Mapping[str, str], prefix: str = "role") -> dict[int, str]:
    """Return the roles that a form of blocks posts as ``role-12=body``; what is none is left out.

    >>> roles_in({"role-3": "body", "role-x": "body", "role-4": "nonsense", "title": "é"})
    {3: 'body'}
    """
    found = {}
    for name, value in data.items():
        kind, _, index = name.rpartition("-")
        if (
            kind == prefix
            and index.isascii()
            and index.isdigit()
            and len(index) < 8
            and value in BlockRole.values
        ):
            found[int(index)] = value
    return found
