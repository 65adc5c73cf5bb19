"""GENIUS files made for tests: well-formed text from a short description, and a hypothesis strategy of such."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

from hypothesis import strategies as st

SIZE = {"S": 1, "M": 2, "L": 4}
COLOUR = {"red": 3, "blue": 0}


def issue(index: int, name: str, evaluations: dict[str, object] | list[str], **more: str) -> str:
    """A discrete issue; of a profile where evaluations are given."""
    extra = "".join(f" {k}={quoteattr(v)}" for k, v in more.items())
    items = []
    for n, value in enumerate(evaluations, 1):
        worth = f" evaluation={quoteattr(str(evaluations[value]))}" if isinstance(evaluations, dict) else ""
        items.append(f'    <item index="{n}" value={quoteattr(value)}{worth}/>')
    inner = "\n".join(items)
    head = f'<issue index="{index}" name={quoteattr(name)} type="discrete" etype="discrete"{extra}>'
    return f"  {head}\n{inner}\n  </issue>"


def integer(index: int, name: str, lower: int, upper: int, evaluator: str = "") -> str:
    head = f'  <issue index="{index}" name={quoteattr(name)} type="integer" lowerbound="{lower}" upperbound="{upper}">'
    return f"{head}{evaluator}</issue>"


def real(index: int, name: str, lower: float, upper: float, evaluator: str = "") -> str:
    scale = f'<range lowerbound="{lower}" upperbound="{upper}"/>'
    return f'  <issue index="{index}" name={quoteattr(name)} type="real">{scale}{evaluator}</issue>'


def domain(*issues: str, name: str = "shop") -> str:
    inner = "\n".join(issues)
    return (
        f'<negotiation_template>\n<utility_space number_of_issues="{len(issues)}">\n'
        f'<objective index="0" name={quoteattr(name)} type="objective">\n{inner}\n'
        "</objective>\n</utility_space>\n</negotiation_template>\n"
    )


def profile(*issues: str, weights: tuple[object, ...] = (), end: str = "", utility: str = "") -> str:
    inner = "\n".join(issues)
    lines = "\n".join(f'<weight index="{n}" value="{w}"/>' for n, w in enumerate(weights, 1))
    return (
        f'<utility_space>\n<objective index="0" name="shop" type="objective">\n{inner}\n{lines}\n{utility}'
        f"</objective>\n{end}</utility_space>\n"
    )


def shop(folder: Path) -> Path:
    """Two issues, two parties: the folder that most tests change in one place."""
    folder.mkdir(parents=True, exist_ok=True)
    put(folder, "domain.xml", domain(issue(1, "Size", list(SIZE)), issue(2, "Colour", list(COLOUR))))
    seller = profile(issue(1, "Size", SIZE), issue(2, "Colour", COLOUR), weights=("0.75", "0.25"))
    buyer = profile(
        issue(1, "Size", {"S": 10, "M": 5, "L": 0}),
        issue(2, "Colour", {"red": 1, "blue": 2}),
        weights=(0.5, 0.5),
        end='<discount_factor value="0.75"/>\n<reservation value="0.25"/>\n',
    )
    put(folder, "seller.xml", seller)
    put(folder, "buyer.xml", buyer)
    return folder


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


MARKUP = ["&amp;", "<!--", "-->", "<![CDATA[", "]]>", "<?xml", "?>", "<issue", "</issue>", "<!DOCTYPE x [", "&lol;"]
WORDS = ["NaN", "-1", "1e999", "0", "9" * 70, 'index="1"', "evaluation", "weight", "\ufeff", "\ud800", "\x7f", "é"]
SOUP = st.sampled_from([*'<>"&=/ \n\x00\t', *MARKUP, *WORDS])


@st.composite
def mutations(draw: st.DrawFn, text: str) -> str:
    """A text with a few stretches cut out, doubled, moved, or replaced by what XML trips over."""
    for _ in range(draw(st.integers(1, 4))):
        a, b = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        b = min(b, a + draw(st.sampled_from([0, 1, 5, 40, 400])))
        middle = draw(st.one_of(SOUP, st.just(""), st.just(text[a:b] * 2), st.text(max_size=5)))
        text = text[:a] + middle + text[b:]
    return text
