"""Actions called from forms: what they refuse becomes an error of the form."""

from collections.abc import Callable

from django.forms import Form

from annotations.domain.errors import Missing, NotAllowed, Refused, Stale
from annotations.forms import RevisedForm


def attempt(form: Form, act: Callable[[], object]) -> bool:
    """Call ``act``; say whether it was done, and where it was refused, why, on the form.

    What no correction of the form would change, a missing right or row, is raised on.
    """
    try:
        act()
    except (NotAllowed, Missing):
        raise
    except Stale as refusal:
        if "seen" in refusal.details:
            # Both versions need a page of their own (views.conflicts).
            raise
        if isinstance(form, RevisedForm):
            form.show_conflict(refusal.message, refusal.details["current"])
        else:
            form.add_error(None, refusal.message)
        return False
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return False
    return True
