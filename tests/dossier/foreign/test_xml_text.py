"""XML of unknown origin: three defects are repaired with a warning and its line, everything else is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.dossier.foreign.xml_text import MAX_DEPTH, MAX_ELEMENTS, MOST_WARNINGS, parse
from tests.dossier.foreign.genius_files import COLOUR, SIZE, domain, issue, mutations

GOOD = domain(issue(1, "Size", list(SIZE)), issue(2, "Colour", list(COLOUR)))


def warned(text: str) -> list[tuple[int, str]]:
    root, findings = parse(text.encode(), "x.xml")
    assert root is not None, findings
    assert {(f.severity, f.code, f.file) for f in findings} <= {("warning", "foreign.repaired", "x.xml")}
    return [(f.line, f.message.partition(":")[0]) for f in findings]


def refused(text: str | bytes) -> tuple[str, int | None, str]:
    root, findings = parse(text if isinstance(text, bytes) else text.encode(), "x.xml")
    assert root is None
    (finding,) = findings
    assert finding.severity == "error"
    assert finding.file == "x.xml"
    assert finding.remedy
    return finding.code, finding.line, finding.message


def test_elements_know_their_lines():
    root, findings = parse(GOOD.encode(), "x.xml")
    assert findings == []
    assert [(e.get("name"), e.line) for e in root.all("issue")] == [("Size", 4), ("Colour", 9)]


@pytest.mark.parametrize(
    ("text", "what", "value"),
    [
        ('<a>\n<b v="x & y"/></a>', [(2, "a raw &")], "x & y"),
        ('<a>\n<b v="A&B &amp; &#65;&lt;"/></a>', [(2, "a raw &")], "A&B & A<"),
        ('<a>\n<!-- & -->\n<b v="1"w="2"u=\'3\'/></a>', [(3, "no space between two attributes")], "1"),
        ('<a>\n<b w="&"v="x>y"/></a>', [(2, "a raw &"), (2, "no space between two attributes")], "x>y"),
        ('<!-- made by hand\n -->\n<?xml version="1.0"?>\n<a><b v="1"/></a>', "first", "1"),
        ('\n\n<?xml version="1.0"?>\n<a><b v="1"/></a>', "first", "1"),
        ('\ufeff\ufeff\n<!-- a --> \n<?xml version="1.0"?>\n<a><b v="1"/></a>', "first", "1"),
    ],
)
def test_three_defects_are_repaired_with_a_warning_and_a_line(text, what, value):
    expected = [(3, "something before the XML declaration")] if what == "first" else what
    assert sorted(warned(text)) == sorted(expected)
    root, _ = parse(text.encode(), "x.xml")
    assert next(root.all("b")).get("v") == value


def test_a_byte_order_mark_is_no_defect():
    assert warned('\ufeff<?xml version="1.0" encoding="utf-8"?><a/>') == []
    for encoding in ("utf-16", "iso-8859-1", "windows-1252"):
        text = f'<?xml version="1.0" encoding="{encoding}"?>\n<a v="é"/>'
        root, findings = parse(text.encode(encoding), "x.xml")
        assert findings == []
        assert root.get("v") == "é"


def test_very_many_defects_make_few_warnings():
    found = warned("<a>" + "\n<b>&</b>" * 100 + "</a>")
    assert found == [*((n, "a raw &") for n in range(2, 2 + MOST_WARNINGS)), (22, "the same defects on 80 more lines")]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("<a>\n<b>\n</a>", 3, "mismatched tag"),
        ("<a>\n<b v=1/></a>", 2, "not well-formed"),
        ("<a>\n", 2, "no element found"),
        ("", 1, "no element found"),
        ("not XML at all", 1, "syntax error"),
        ('<a>\n<b v="1" v="2"/></a>', 2, "duplicate attribute"),
        ("<a>\n<b>&eacute;</b></a>", 2, "undefined entity"),
        ('<a>\n<b v="1 < 2"/></a>', 2, "not well-formed"),
        ("<a/>\n<a/>", 2, "junk after document element"),
        ("<a>\n<b>& &eacute;</b></a>", 2, "undefined entity"),
        ("<a><!-- & </a>", 1, "not well-formed"),
        ('<a v="x', 1, "unclosed token"),
    ],
)
def test_other_defects_are_refused_with_their_line(text, line, said):
    code, at, message = refused(text)
    assert code == "foreign.xml"
    assert at == line
    assert said in message


LAUGHS = '<!DOCTYPE a [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>\n<a>&lol2;</a>'


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        '<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY e SYSTEM "secret.txt">]><a>&e;</a>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "x.dtd"> %p;]><a/>',
        "<!DOCTYPE a><a/>",
        f"<!-- & -->{LAUGHS}&",
    ],
)
def test_nothing_is_expanded_or_fetched(text):
    code, _, _ = refused(text)
    assert code == "foreign.forbidden"


def test_size_is_limited():
    assert refused("<a>" * (MAX_DEPTH + 1))[0] == "foreign.size"
    assert refused("<a>" + "<b/>" * MAX_ELEMENTS + "</a>")[0] == "foreign.size"


def test_encodings_are_named():
    assert refused(b"<a>\n\xff</a>")[:2] == ("foreign.encoding", 2)
    assert refused(b'<?xml version="1.0" encoding="zlib"?><a/>')[0] == "foreign.encoding"
    assert refused(b'<?xml version="1.0" encoding="utf-7"?><a/>')[0] == "foreign.encoding"


@pytest.mark.parametrize("broken", ["<!--" * 200_000, '<a b="' * 200_000, "<![CDATA[" * 100_000, "<a " * 300_000 + "&"])
def test_hostile_files_are_refused_quickly(broken):
    assert refused(broken)[0] in ("foreign.xml", "foreign.size")


@given(st.one_of(st.binary(max_size=60), mutations(GOOD).map(lambda t: t.encode("utf-8", "surrogatepass"))))
def test_nothing_crashes_it(data):
    root, findings = parse(data, "x.xml")
    assert (root is None) == any(f.severity == "error" for f in findings)
