"""What arrives from outside, made safe to store and show as plain text: HTML, odd characters, instants, raw records.

Escaping for a page is left to the templates; nothing here makes a text fit to be used as markup.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any

import nh3

MAX_TEXT = 40_000
"""Characters kept of one text, the longest any of our platforms allows in a post. A longer one ends with a note."""
MAX_HTML = 1_000_000
MAX_TAGS = 5_000
MAX_REFERENCES = 10_000
"""How much HTML is looked at: no post needs more, and what more of it costs grows with its square."""
SKEW = timedelta(days=1)
"""How far ahead a sender's clock may be before its time is called wrong."""

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters, but tab and line feed
    "\u202a-\u202e"  # direction overrides, which would turn the words around them
    "\ufffe\uffff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\n[ \t]*\n[ \t\n]*")
_BLOCKS = {
    *("address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "fieldset", "figcaption", "figure"),
    *("footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre"),
    *("section", "table", "td", "th", "tr", "ul"),
}
_PARAGRAPHS = frozenset({"p", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})
_SILENT = {"script", "style", "iframe", "noscript", "template", "textarea", "title", "select", "svg", "math", "object"}


def clean(text: str, *, limit: int = MAX_TEXT) -> str:
    """Return a text every database and page can hold.

    Control characters and direction overrides go, half surrogates become U+FFFD, line ends become line feeds. A text
    over `limit` characters is cut and ends with a note that says so.
    """
    if len(text) <= limit and text.isprintable() and text == text.strip():
        return text  # nearly every name and many a post: nothing below would change it
    size = len(text)
    text = text[: limit + 1000]
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    text = _SURROGATE.sub("\ufffd", _UNWANTED.sub("", text))
    text = _BLANK_LINES.sub("\n\n", text).strip()
    if len(text) <= limit and size <= limit + 1000:
        return text
    note = f"\n{_note(size)}"
    return text[: max(limit - len(note), 0)].rstrip() + note


def _note(size: int) -> str:
    return f"[cut here: the original has {size:,} characters]"


def html_to_text(html: str, *, limit: int = MAX_TEXT) -> str:
    """Return the words of an HTML fragment: blocks become lines, scripts and styles vanish with their content."""
    if "<" not in html and "&" not in html:
        return clean(html, limit=limit)
    looked_at = _up_to(_up_to(html[:MAX_HTML], "<", MAX_TAGS), "&", MAX_REFERENCES)
    kept = nh3.clean(
        _SURROGATE.sub("\ufffd", looked_at).replace("\x00", ""),
        tags=_BLOCKS | {"br"},
        clean_content_tags=_SILENT,
        attributes={},
        strip_comments=True,
        link_rel=None,
    )
    words = _Words()
    words.feed(kept)
    words.close()
    text = clean("".join(words.parts), limit=limit)
    return text if len(looked_at) == len(html) else f"{text}\n{_note(len(html))}"


def _up_to(text: str, mark: str, number: int) -> str:
    """Return a text up to its mark of this number."""
    return mark.join(text.split(mark, number + 1)[: number + 1])


class _Words(HTMLParser):
    """Collects text, with line breaks where blocks begin and end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "br":
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if data.strip() or (self.parts and not self.parts[-1].endswith("\n")):
            self.parts.append(re.sub(r"[ \t\r\n]+", " ", data))

    def _break(self, tag: str) -> None:
        if tag == "br":
            self.parts.append("\n")
        elif self.parts and not self.parts[-1].endswith("\n\n"):
            wanted = "\n\n" if tag in _PARAGRAPHS else "\n"
            if not self.parts[-1].endswith(wanted):
                self.parts.append("\n" if self.parts[-1].endswith("\n") else wanted)


def instant(value: object, timezone: tzinfo | None = None) -> datetime:
    """Return an aware UTC instant from what people and platforms write.

    Takes datetimes, unix seconds or milliseconds (numbers, or texts of digits), ISO 8601 and RFC 822. A time that
    names no zone is read in `timezone`. Raises ValueError, saying what to write instead, for anything else, for a time
    without a zone when `timezone` is None, and for years outside 1970–2199.
    """
    found = _read(value)
    if found.tzinfo is None:
        if timezone is None:
            raise ValueError(f"{_shown(value)} names no time zone: write it as 2026-05-01T09:30+03:00")
        found = found.replace(tzinfo=timezone)
    try:
        found = found.astimezone(UTC)
    except (OverflowError, ValueError):
        found = datetime.min.replace(tzinfo=UTC)
    if not _EARLIEST <= found < _LATEST:
        raise ValueError(f"{_shown(value)} is not a time between 1970 and 2199: write ISO 8601 or unix seconds")
    return found


def _read(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _unix(float(value), value)
    if isinstance(value, str):
        return _written(value.strip())
    raise ValueError(f"{_shown(value)} is not a time: write ISO 8601 or unix seconds")


def _unix(seconds: float, value: object) -> datetime:
    if not math.isfinite(seconds) or abs(seconds) > 1e14:
        raise ValueError(f"{_shown(value)} is not a time: write ISO 8601 or unix seconds")
    return datetime.fromtimestamp(seconds / 1000 if abs(seconds) >= 1e11 else seconds, tz=UTC)


def _written(text: str) -> datetime:
    if re.fullmatch(r"-?\d+(\.\d*)?([eE][+-]?\d+)?", text, re.ASCII) and not re.fullmatch(r"(19|20)\d{6}", text):
        return _unix(float(text), text)
    iso = re.sub(r"\s*(?:UTC|GMT|Z)$", "+00:00", text, flags=re.IGNORECASE)
    for read, form in ((datetime.fromisoformat, iso), (_rfc822, text)):
        try:
            return read(form)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    raise ValueError(f"{_shown(text)} is not a time we can read: write it as 2026-05-01T09:30Z, or in unix seconds")


def _rfc822(text: str) -> datetime:
    found = parsedate_to_datetime(text)
    # "-0000" is RFC 822's way of saying "UTC, from nowhere in particular"; Python gives it back without a zone.
    return found.replace(tzinfo=UTC) if found.tzinfo is None and text.rstrip().endswith("-0000") else found


def _shown(value: object) -> str:
    text = clean(str(value))[:40]
    return repr(text) if text else "an empty text"


def storable(value: Any, *, depth: int = 6) -> Any:
    """Return a platform's record as JSON data every database can hold: texts cleaned, long and deep parts cut off."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return clean(value, limit=4_000)
    if depth and isinstance(value, Mapping):
        return {clean(str(key), limit=200): storable(part, depth=depth - 1) for key, part in list(value.items())[:200]}
    if depth and isinstance(value, list | tuple):
        return [storable(part, depth=depth - 1) for part in value[:100]]
    return clean(str(value), limit=200)
