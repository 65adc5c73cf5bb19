"""XML of unknown origin → elements that know their line, or Findings; never a traceback.

No document type, no entities, nothing external (defusedxml). Three defects that many public files have are repaired,
each with a warning: a raw &, no space between attributes, something before the XML declaration.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from detente.dossier.foreign.imported import Reading
from detente.errors import Finding

MAX_DEPTH = 40
MAX_ELEMENTS = 100_000
MOST_WARNINGS = 20
_ENCODINGS = ("utf-8", "utf-16", "iso8859-1", "iso8859-15", "ascii", "cp1252")
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_DECLARATION = re.compile(r"<\?xml\s[^<>]{0,200}\?>")
_RAW_AMPERSAND = re.compile(r"&(?!#\d+;|#x[0-9a-fA-F]+;|\w+;)")
_NAME_START = re.compile(r"[^\W\d]|[:_]")
_UNPARSED = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"))
_QUOTE_OR_END = re.compile(r"""["'<>]""")


@dataclass(frozen=True, slots=True)
class Element:
    """An XML element: tag, attributes, children, and the line on which it begins."""

    tag: str
    attributes: Mapping[str, str]
    line: int
    children: list[Element] = field(default_factory=list)

    def get(self, *names: str) -> str | None:
        """The first of some attributes that is written."""
        return next((self.attributes[n] for n in names if n in self.attributes), None)

    def find(self, *tags: str) -> list[Element]:
        """The children with one of some tags."""
        return [c for c in self.children if c.tag in tags]

    def all(self, tag: str) -> Iterator[Element]:
        """Every element of a tag, at any depth below this one, in the order of the file."""
        for child in self.children:
            if child.tag == tag:
                yield child
            yield from child.all(tag)


class _Stop(Exception):
    """The file cannot be read any further: code, message, line, remedy."""

    def __init__(self, code: str, message: str, line: int | None, remedy: str):
        super().__init__(message)
        self.code, self.message, self.line, self.remedy = code, message, line, remedy


def parse(data: bytes, file: str) -> tuple[Element | None, list[Finding]]:
    """The root element of an XML file. Where it is None a Finding of severity error says why."""
    reading = Reading(file)
    try:
        text = _decoded(data)
        try:
            return _elements(text), []
        except _Stop as stop:
            if stop.code != "foreign.xml":
                raise
            mended = _Mending(text)
            if mended.text == text:
                raise
            root = _elements(mended.text)
            mended.report(reading)
            return root, reading.findings
    except _Stop as stop:
        reading.say(stop.code, stop.message, stop.line, stop.remedy)
        return None, reading.findings


def _decoded(data: bytes) -> str:
    """The text, by its byte order mark or its declared encoding, without the mark."""
    marked = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    declared = _DECLARED.search(data[:4096])
    name = marked or (declared[1].decode() if declared else "utf-8")
    try:
        known = codecs.lookup(name).name
    except LookupError:
        known = ""
    if known not in _ENCODINGS:
        raise _Stop("foreign.encoding", f"the encoding {name!r} is not read", 1, "save it as UTF-8")
    try:
        return data.decode(known).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _Stop("foreign.encoding", f"this is not {known.upper()} text", line, "save it as UTF-8") from None


def _elements(text: str) -> Element:
    """Parse well-formed XML. Raises _Stop."""
    parser = DefusedExpatParser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    builder = _Builder(parser.getLineNumber)
    parser.setContentHandler(builder)
    try:
        parser.feed(text)
        parser.close()
    except SAXParseException as error:
        message = f"this is not well-formed XML: {error.getMessage()}"
        raise _Stop("foreign.xml", message, error.getLineNumber(), _remedy(error.getMessage())) from None
    except DefusedXmlException:
        message = "document types and entities are not read"
        raise _Stop("foreign.forbidden", message, parser.getLineNumber(), "remove the <!DOCTYPE ...>") from None
    except (ValueError, LookupError, AssertionError) as error:
        # half surrogates and the like, which the parser's own errors do not cover
        raise _Stop(
            "foreign.xml", f"this is not well-formed XML: {str(error)[:100]}", None, "save it as UTF-8"
        ) from None
    if builder.root is None:
        raise _Stop("foreign.xml", "this is not XML: there is no element in it", 1, "choose an XML file")
    return builder.root


def _remedy(problem: str) -> str:
    if "mismatched tag" in problem:
        return "close what was opened last, here or above"
    if "undefined entity" in problem:
        return "write the character itself"
    if "duplicate attribute" in problem:
        return "keep one of the two attributes"
    if "no element found" in problem or "unclosed" in problem:
        return "the file seems to be cut off: fetch it again, or close what is open"
    return "check the quotes and brackets here and on the line above; write &lt; for <"


class _Builder(ContentHandler):
    """Collects elements with their lines."""

    def __init__(self, line: Callable[[], int | None]) -> None:
        super().__init__()
        self.root: Element | None = None
        self._line = line
        self._open: list[Element] = []
        self._count = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        line = self._line() or 1
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            what = f"{MAX_ELEMENTS} elements" if self._count > MAX_ELEMENTS else f"{MAX_DEPTH} levels"
            raise _Stop("foreign.size", f"more than {what}", line, "this is hardly a negotiation domain")
        element = Element(name, dict(attrs.items()), line)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def endElement(self, name: str) -> None:
        self._open.pop()


class _Mending:
    """A text with the three known defects mended, each on its line, and where they were."""

    def __init__(self, text: str) -> None:
        self._line_ends = [found.start() for found in re.finditer("\n", text)]
        self._defects: list[tuple[int, str]] = []
        text = self._without_prologue(text)
        pieces, end = [], 0
        for start, stop, is_tag in _markup(text):
            pieces.append(self._with_ampersands(text, end, start))
            pieces.append(self._with_spaces(text, start, stop) if is_tag else text[start:stop])
            end = stop
        pieces.append(self._with_ampersands(text, end, len(text)))
        self.text = "".join(pieces)

    def report(self, reading: Reading) -> None:
        """A warning for each defect and line; the first of them where there are very many."""
        places = ((bisect_left(self._line_ends, offset) + 1, what) for offset, what in sorted(self._defects))
        found = list(dict.fromkeys(places))
        for line, what in found[:MOST_WARNINGS]:
            reading.say("foreign.repaired", what, line, "right as it is read; or mend the file", severity="warning")
        if len(found) > MOST_WARNINGS:
            message = f"the same defects on {len(found) - MOST_WARNINGS} more lines"
            reading.say("foreign.repaired", message, found[MOST_WARNINGS][0], "as above", severity="warning")

    def _without_prologue(self, text: str) -> str:
        """Blank what stands before the declaration (comments, space, a byte order mark), and the declaration too."""
        at = 0
        while at < len(text) and (text[at].isspace() or text[at] == "\ufeff" or text.startswith("<!--", at)):
            close = text.find("-->", at) if text[at] == "<" else at - 2
            if close == -1 and text[at] == "<":
                return text
            at = close + 3
        found = _DECLARATION.match(text, at)
        if not at or found is None:
            return text
        self._defects.append((at, "something before the XML declaration: what stands there is not read"))
        return re.sub(r"[^\n]", " ", text[: found.end()]) + text[found.end() :]

    def _with_ampersands(self, text: str, start: int, stop: int) -> str:
        """A stretch of text with each raw & written &amp;."""
        pieces, end = [], start
        for found in _RAW_AMPERSAND.finditer(text, start, stop):
            self._defects.append((found.start(), "a raw &: read as &amp;"))
            pieces += [text[end : found.start()], "&amp;"]
            end = found.end()
        return "".join([*pieces, text[end:stop]])

    def _with_spaces(self, text: str, start: int, stop: int) -> str:
        """A tag with a space between attributes that stick together, and its raw & mended."""
        pieces, end, at = [], start, start
        while at < stop:
            if text[at] not in "\"'":
                at += 1
                continue
            at = text.find(text[at], at + 1) + 1
            if at < stop and _NAME_START.match(text[at]):
                self._defects.append((at, "no space between two attributes: read with one"))
                pieces += [self._with_ampersands(text, end, at), " "]
                end = at
        return "".join([*pieces, self._with_ampersands(text, end, stop)])


def _markup(text: str) -> Iterator[tuple[int, int, bool]]:
    """(start, end, is a tag) of every comment, CDATA section, instruction and tag; stops where one is not closed."""
    at = text.find("<")
    while at >= 0:
        closing = next((close for begin, close in _UNPARSED if text.startswith(begin, at)), None)
        end = _tag_end(text, at) if closing is None else _after(text, closing, at)
        if end < 0:
            return
        yield at, end, closing is None
        at = text.find("<", end)


def _after(text: str, closing: str, at: int) -> int:
    end = text.find(closing, at)
    return end + len(closing) if end >= 0 else -1


def _tag_end(text: str, at: int) -> int:
    """Just after the > of a tag, quoted attributes skipped; -1 where it has none."""
    while (found := _QUOTE_OR_END.search(text, at + 1)) is not None and found[0] != "<":
        if found[0] == ">":
            return found.end()
        at = text.find(found[0], found.end())
        if at < 0:
            break
    return -1
