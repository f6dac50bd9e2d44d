"""From HTML to the text that a reader sees, in time linear in its length whatever it contains."""

from __future__ import annotations

import html
import re

# A tag begins with a letter, so that "a < b" is text.
_OPENING = re.compile(r"<!--|<[!?]|<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_INSIDE = re.compile(r"[\"'>]")
_BLANKS = re.compile(r"[ \t\r\f\v\xa0]+")
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "hr"})
_HIDDEN = {
    "script": re.compile(r"</script\s*>", re.IGNORECASE | re.ASCII),
    "style": re.compile(r"</style\s*>", re.IGNORECASE | re.ASCII),
}


def text_of(markup: str, line_break: str = "\n") -> str:
    """Give the text of a piece of HTML: no tags, comments, scripts or styles; entities become their characters.

    What looks like markup but never ends is text, so that nothing a person wrote is lost.

    Args:
        markup: the HTML.
        line_break: what stands for the end of a line or of a paragraph.
    """
    text = html.unescape("".join(_Scan(markup, line_break).pieces()))
    lines = [_BLANKS.sub(" ", line).strip() for line in text.split("\n")]
    return "\n".join([line for line in lines if line])


class _Scan:
    """One pass over the markup that never looks twice for what it once did not find."""

    def __init__(self, markup: str, line_break: str) -> None:
        self.markup = markup
        self.line_break = line_break
        self.missing: set[str] = set()

    def pieces(self) -> list[str]:
        """The texts between the tags, and what stands for the tags."""
        markup, pieces, place = self.markup, [], 0
        while (start := markup.find("<", place)) >= 0:
            pieces.append(markup[place:start])
            piece, place = self.tag(start)
            pieces.append(piece)
        pieces.append(markup[place:])
        return pieces

    def tag(self, start: int) -> tuple[str, int]:
        """What stands for the tag at ``start``, and where the text goes on."""
        opening = _OPENING.match(self.markup, start)
        if opening is None:
            return "<", start + 1
        if opening[0] == "<!--":
            end = self.find("-->", start + 4)
            return ("", end + 3) if end >= 0 else ("<", start + 1)
        end = self.end_of_tag(opening.end())
        if end < 0:
            return "<", start + 1
        name = (opening[2] or "").lower()
        if name in _HIDDEN and not opening[1]:
            return "", self.end_of_hidden(name, end)
        return (self.line_break if name in _BREAKS else ""), end

    def find(self, what: str, place: int) -> int:
        found = -1 if what in self.missing else self.markup.find(what, place)
        if found < 0:
            self.missing.add(what)
        return found

    def end_of_tag(self, place: int) -> int:
        """Where the tag that is open at ``place`` is over; a ``>`` in quotes does not end it if the quotes close."""
        first = self.find(">", place)
        if first < 0:
            return -1
        while inside := _INSIDE.search(self.markup, place):
            if inside[0] == ">":
                return inside.end()
            closing = self.find(inside[0], inside.end())
            if closing < 0:
                break
            place = closing + 1
        self.missing.update("\"'")  # quotes are out of step: from here on they mean nothing
        return first + 1

    def end_of_hidden(self, name: str, place: int) -> int:
        end = None if name in self.missing else _HIDDEN[name].search(self.markup, place)
        if end is None:
            self.missing.add(name)
        return end.end() if end else place
