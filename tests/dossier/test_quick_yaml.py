"""Two parsers of YAML: what the quick one reads, the thorough one reads alike, place by place."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from detente.dossier.library import ids, path_of
from detente.dossier.text import yaml

PARTS = (
    *("a", "b c", "é", "\U0001f600", "'x'", '"y"', '"\\n\\u00e9"', "1.5", "2018-06-12", "http://x.y", "null", "<<"),
    *(": ", ":", "- ", "? ", "[", "]", "{", "}", ", ", " ", "\n", "\n  ", "\n    ", "# c", "#", " # d"),
    *("|\n", "|-\n", ">\n", ">+\n", "!", "&a", "*a", "%", "@", "`", "\\", "...", "---", "\t", "\u00a0", "\u2028"),
)

pytestmark = pytest.mark.skipif(yaml._quick_events("a: b") is None, reason="PyYAML without libyaml")


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=14), st.sampled_from(["", "k: ", "k:\n  - "]))
def test_both_parsers_read_the_same(parts: list[str], begin: str) -> None:
    text = begin + "".join(parts)
    assume(text.strip() and yaml._quick_events(text) is not None)
    alike(text)


@pytest.mark.parametrize("case", ids())
def test_both_parsers_read_a_bundled_case_alike(case: str) -> None:
    path = path_of(case)
    assert path is not None
    alike(path.read_text(encoding="utf-8"))


def alike(text: str) -> None:
    quick = yaml.parse(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "_quick_events", lambda text: None)
        assert yaml.parse(text) == quick
