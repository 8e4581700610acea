"""The tables as they are, to read: only accounts may be changed here, as Django has them.

What people write goes through actions, or the history would not tell of it.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db import models
from django.http import HttpRequest

from annotations.models import (
    ApiToken,
    Article,
    Assertion,
    AssertionRelation,
    Assignment,
    Block,
    Citation,
    Comment,
    ConfidentialDigest,
    Decision,
    Event,
    Export,
    ImportBatch,
    ImportItem,
    InboxItem,
    Label,
    Lease,
    Membership,
    Person,
    PersonAccount,
    Project,
    ReadMark,
    Receipt,
    SignOff,
    Source,
    Span,
    Speaker,
    Stream,
    WithheldPayload,
    WorkLogEntry,
)

#: Every table but the details of confidential sources, which only their named readers see, and
#: the salt, without which nobody can guess what a digest is of.
SHOWN: tuple[type[models.Model], ...] = (
    ApiToken,
    Article,
    Assertion,
    AssertionRelation,
    Assignment,
    Block,
    Citation,
    Comment,
    ConfidentialDigest,
    Decision,
    Event,
    Export,
    ImportBatch,
    ImportItem,
    InboxItem,
    Label,
    Lease,
    Membership,
    Person,
    PersonAccount,
    Project,
    ReadMark,
    Receipt,
    SignOff,
    Source,
    Span,
    Speaker,
    Stream,
    WithheldPayload,
    WorkLogEntry,
)


class ReadOnly(admin.ModelAdmin):
    """Lists and shows rows; nobody adds, changes or deletes one here."""

    list_per_page = 50
    #: An exact count of every event costs seconds on a large table.
    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AccountAdmin(UserAdmin):
    """Accounts as Django has them, but nobody deletes one: the four eyes need its links."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class EventAdmin(ReadOnly):
    list_display = ("stream", "sequence", "kind", "actor", "at")
    list_select_related = ("stream", "actor")
    list_filter = ("kind",)
    ordering = ("-time", "-sequence")


admin.site.unregister(User)
admin.site.register(User, AccountAdmin)
for _model in SHOWN:
    admin.site.register(_model, EventAdmin if _model is Event else ReadOnly)
