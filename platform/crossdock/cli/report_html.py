"""The digest as one page of HTML that needs nothing else: to be looked at, printed or mailed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

from crossdock.cli.output import Redact, plain
from crossdock.cli.report_view import Block, Case, Heading, Overview, Sentence, blocks, is_command
from crossdock.pipeline.reporting.digest import Digest

_Clean: TypeAlias = Callable[[str], str]

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff }
body { max-width: 60em; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.4em } h2 { font-size: 1.15em; margin-top: 2em; border-bottom: 1px solid #ccc }
table { border-collapse: collapse; font-size: .9em } th, td { padding: .2em .8em .2em 0; text-align: right }
th:first-child, td:first-child { text-align: left }
.case { border-left: 4px solid #888; padding: .1em 0 .1em .9em; margin: 1em 0; overflow-wrap: anywhere }
.critical, .error { border-color: #c22 } .warning { border-color: #d90 }
.case h3 { font-size: 1em; margin: 0 } dl { margin: .2em 0 } dt { float: left; margin-right: .5em; color: #555 }
dd { margin: 0 } dt::after { content: ":" } ul { margin: .2em 0; padding-left: 1.2em }
code { background: #f2f2f2; padding: 0 .3em }
@media print { body { margin: 0; max-width: none } .case, tr { break-inside: avoid } }
"""


def report_as_html(digest: Digest, redact: Redact) -> str:
    """Write the digest; texts become text nodes of a tree, so that nothing in them can be markup."""

    def clean(text: str) -> str:
        return plain(redact(text))

    found = list(blocks(digest))
    page = Element("html", lang="en")
    head = SubElement(page, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _add(head, "title", clean(_title(found)))
    _add(head, "style", _STYLE)
    body = SubElement(page, "body")
    for block in found:
        body.extend(_elements(block, clean))
    return f"<!doctype html>\n{tostring(page, encoding='unicode', method='html')}\n"


def _title(found: list[Block]) -> str:
    return next((block.text for block in found if isinstance(block, Heading)), "")


def _elements(block: Block, clean: _Clean) -> Iterator[Element]:
    match block:
        case Heading(text, whole):
            yield _element("h1" if whole else "h2", clean(text))
        case Sentence(text):
            yield _element("p", clean(text))
        case Overview(columns, rows):
            table = Element("table")
            for kind, row in (("th", columns), *(("td", row) for row in rows)):
                line = SubElement(table, "tr")
                for cell in row:
                    _add(line, kind, clean(cell))
            yield table
        case Case():
            yield _case(block, clean)


def _case(case: Case, clean: _Clean) -> Element:
    found = Element("div", {"class": f"case {case.severity}"})
    _add(found, "h3", clean(case.title))
    if case.facts:
        facts = SubElement(found, "dl")
        for name, fact in case.facts:
            _add(facts, "dt", clean(name))
            _add(facts, "dd", clean(fact))
    if case.todo:
        steps = SubElement(found, "ul")
        for step in case.todo:
            line = SubElement(steps, "li")
            _add(line, "code" if is_command(step) else "span", clean(step))
    return found


def _element(tag: str, text: str) -> Element:
    found = Element(tag)
    found.text = text
    return found


def _add(parent: Element, tag: str, text: str) -> None:
    parent.append(_element(tag, text))
