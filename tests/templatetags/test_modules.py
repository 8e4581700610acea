import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import find

from annotations.templatetags.modules import imported, modules

SCRIPTS = Path(str(find("annotations/js/workspace.js"))).parent


def test_every_import_of_every_module_is_found():
    for path in SCRIPTS.glob("*.js"):
        # By another rule than the tag's: whatever stands in quotes after "from".
        wanted = set(re.findall(r'from\s+"\./([^"]+)"', path.read_text("utf-8")))
        reached = {Path(name).name for name in imported((f"annotations/js/{path.name}",))}

        assert wanted <= reached, path.name


def test_a_page_names_each_module_once_and_what_it_imports_before_it():
    head = modules("annotations/js/workspace.js", "annotations/js/panel.js")

    assert head.count("modulepreload") == len(
        imported(("annotations/js/workspace.js", "annotations/js/panel.js"))
    )
    assert head.count('<script type="module"') == 2
    assert head.index("js/offsets") < head.index("<script")


def test_a_module_that_is_missing_is_named():
    with pytest.raises(LookupError, match=r"annotations/js/caf\u00e9\.js"):
        imported(("annotations/js/café.js",))
