"""Reads CSV and JSONL files into mentions, row by row in bounded memory, for imports of any size.

A row that cannot be read becomes a `Fault` that names it; the others go on. Storing, progress and counting are left to
whoever reads.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from listeners.mentions import Mention
from listeners.pages import Fault
from listeners.rows import COLUMNS, RowReader
from listeners.text import clean

MAX_LINE = 10_000_000
"""Characters (CSV) or bytes (JSONL) of one line or record: what a missing line end may cost."""
MAX_RECORD_LINES = 2_000
"""Lines of one CSV record: what a quote that is never closed may cost."""

Format = Literal["csv", "jsonl"]
_FORMATS: dict[str, Format] = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_DELIMITERS = ",;\t|"
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def format_of(path: Path) -> Format:
    """Return the format a file name stands for, with or without .gz. Raises ValueError for any other."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    if not suffixes or suffixes[-1] not in _FORMATS:
        raise ValueError(f"{path.name} is neither .csv nor .jsonl (with or without .gz): rename it, or say --format")
    return _FORMATS[suffixes[-1]]


def read(
    path_or_stream: str | Path | BinaryIO,
    *,
    source: str,
    format: Format | None = None,  # noqa: A002 — the word on the command line
    column_map: Mapping[str, str] | None = None,
    timezone: tzinfo | None = None,
    now: datetime | None = None,
) -> Iterator[Mention | Fault]:
    """Yield the mentions of a file in order, and a fault for each row that is none.

    `format` None goes by the file's name. `column_map` is our column → the file's name for it. `timezone` is for times
    that name none; without it they are faults. Gzip is recognised by its first bytes, CSV's delimiter by the header. A
    repeated external_id is yielded again: storing takes it as the newer sight of the same item. Raises ValueError for a
    name or a map that cannot be meant, and OSError when the file cannot be opened.
    """
    mapping = dict(column_map or {})
    for ours in mapping:
        if ours not in COLUMNS:
            raise ValueError(f"{ours} is no column of ours; they are: {', '.join(COLUMNS)}")
    if format is None:
        if not isinstance(path_or_stream, str | Path):
            raise ValueError("say whether the stream is csv or jsonl: it has no name to tell it by")
        format = format_of(Path(path_or_stream))  # noqa: A001
    reader = RowReader(source=source, now=now or datetime.now(UTC), timezone=timezone, zone_hint=", or give --timezone")
    return _rows(path_or_stream, format, reader, {theirs: ours for ours, theirs in mapping.items()})


def _rows(
    path_or_stream: str | Path | BinaryIO, form: Format, reader: RowReader, names: dict[str, str]
) -> Iterator[Mention | Fault]:
    with ExitStack() as stack:
        stream: BinaryIO
        if isinstance(path_or_stream, str | Path):
            stream = stack.enter_context(Path(path_or_stream).open("rb"))
        else:
            stream = path_or_stream
        read_rows = _csv if form == "csv" else _jsonl
        try:
            yield from read_rows(_decompressed(stream, stack), reader, names)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            yield Fault(where="end of file", why="the compressed file breaks off: what came before it is read")


def _decompressed(stream: BinaryIO, stack: ExitStack) -> io.BufferedReader[Any]:
    buffered = _buffered(stream, stack)
    if buffered.peek(2)[:2] != _GZIP:
        return buffered
    return _buffered(cast("BinaryIO", stack.enter_context(gzip.GzipFile(fileobj=buffered))), stack)


def _buffered(stream: BinaryIO, stack: ExitStack) -> io.BufferedReader[Any]:
    if isinstance(stream, io.BufferedReader):
        return stream
    buffered = io.BufferedReader(cast("io.RawIOBase", stream))
    stack.callback(buffered.detach)  # else it would close a stream that is not ours
    return buffered


def _csv(stream: io.BufferedReader[Any], reader: RowReader, names: dict[str, str]) -> Iterator[Mention | Fault]:
    encoding, errors = ("utf-16", "replace") if stream.peek(2)[:2] in _UTF16 else ("utf-8-sig", "surrogateescape")
    text = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
    try:
        yield from _csv_rows(_Lines(text), reader, names)
    finally:
        text.detach()


def _csv_rows(lines: _Lines, reader: RowReader, names: dict[str, str]) -> Iterator[Mention | Fault]:
    header_line = next(lines, "")
    if not header_line.strip():
        yield Fault(where="header", why="the file is empty: its first row must name the columns")
        return
    delimiter = _delimiter(header_line, names)
    header = _header(next(csv.reader([header_line], delimiter=delimiter, skipinitialspace=True)), names)
    if "text" not in header:
        found = clean(", ".join(header), limit=300)
        yield Fault(where="header", why=f"no column is called text; found: {found}. Use --map text=NAME")
        return
    for number, cells in enumerate(_records(lines, delimiter), start=2):
        if isinstance(cells, csv.Error):
            yield Fault(where=f"row {number}", why=f"it is broken ({cells}): look for a stray quote")
        elif any(cells):
            yield _read(reader, f"row {number}", partial(_cells, header, cells))


def _records(lines: _Lines, delimiter: str) -> Iterator[list[str] | csv.Error]:
    """Yield the cells of each record, or what is wrong with it.

    Of a record that cannot be read only the first line is given up: a stray quote must not swallow the rows after it.
    """
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE))
    records = csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != "\t", strict=True)
    while True:
        lines.begin_record()
        try:
            cells = next(records, None)
        except csv.Error as error:
            line = lines.give_up_record()
            # Words after a closing quote are untidy but clear; an opening quote that is never closed is not.
            untidy = line is not None and "expected after" in str(error)
            yield next(csv.reader([line or ""], delimiter=delimiter), []) if untidy else error
            continue
        if cells is None:
            return
        yield cells


class _Lines:
    """The lines of a text, for one record at a time. Asking too much of one record raises csv.Error, then goes on."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self._size = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self._taken) >= MAX_RECORD_LINES or self._size > MAX_LINE:
            raise csv.Error("a quote is never closed")
        line = self._waiting.popleft() if self._waiting else self._text.readline(MAX_LINE)
        if not line:
            raise StopIteration
        self._taken.append(line)
        self._size += len(line)
        if len(line) == MAX_LINE and line[-1] not in "\r\n":
            while (rest := self._text.readline(MAX_LINE)) and rest[-1] not in "\r\n":
                pass
            raise csv.Error(f"a line of more than {MAX_LINE:,} characters")
        return line

    def begin_record(self) -> None:
        """Forget the lines of the record before."""
        self._taken, self._size = [], 0

    def give_up_record(self) -> str | None:
        """Put all lines of the record but its first back; return that one when it was the only one."""
        first, *others = self._taken or [""]
        self._waiting.extendleft(reversed(others))
        return None if others else first


def _delimiter(header_line: str, names: Mapping[str, str]) -> str:
    """Return the delimiter under which the header names most of our columns, then most columns at all."""

    def fit(delimiter: str) -> tuple[int, int]:
        header = _header(next(csv.reader([header_line], delimiter=delimiter, skipinitialspace=True), []), names)
        return len(set(header) & set(COLUMNS)), len(header)

    return max(_DELIMITERS, key=fit)


def _header(cells: list[str], names: Mapping[str, str]) -> list[str]:
    """Return our names for a header's columns: mapped ones, then ours in any case; the rest stay as they are."""
    folded = {theirs.strip().casefold(): ours for theirs, ours in names.items()}
    ours = set(names.values())
    header = []
    for cell in cells:
        name = cell.strip().strip("\ufeff")
        plain = name.casefold()
        if plain in folded:
            header.append(folded[plain])
        else:
            header.append(name if plain not in COLUMNS else f"{name} (not mapped)" if plain in ours else plain)
    return header


def _cells(header: list[str], cells: list[str]) -> dict[str, Any]:
    if len(cells) > len(header):
        raise ValueError(f"it has {len(cells)} cells under {len(header)} columns: quote cells that hold the delimiter")
    row: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=False):
        if any("\udc80" <= char <= "\udcff" for char in cell):
            raise ValueError(f"{name or 'a cell'} is not UTF-8 text: save the file as UTF-8")
        row[name] = cell
    return {name: row.get(name, "") for name in header}


def _jsonl(stream: io.BufferedReader[Any], reader: RowReader, names: dict[str, str]) -> Iterator[Mention | Fault]:
    number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        where = f"line {number}"
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield Fault(where=where, why=f"it is longer than {MAX_LINE:,} bytes: that is no mention")
        elif line.strip():
            yield _read(reader, where, partial(_object, line, names))


def _object(line: bytes, names: Mapping[str, str]) -> dict[str, Any]:
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text: save the file as UTF-8") from None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON: every line holds one object") from None
    if not isinstance(found, dict):
        raise ValueError('it is not an object: every line holds one, such as {"external_id": …, "text": …}')  # noqa: TRY004
    ours = set(names.values())
    return {names.get(name, name): value for name, value in found.items() if name in names or name not in ours}


def _read(reader: RowReader, where: str, row_of: Callable[[], Mapping[str, Any]]) -> Mention | Fault:
    try:
        return reader.mention(row_of())
    except ValueError as error:
        return Fault(where=where, why=str(error))
