"""Imports: what the columns mean, and that a bad row costs that row and nothing else."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listeners.files import MAX_LINE, MAX_RECORD_LINES, format_of, read
from listeners.mentions import Kind, Mention
from listeners.pages import Fault
from listeners.rows import COLUMNS
from listeners.text import MAX_TEXT

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def rows(data: bytes | str, form: str = "csv", **over) -> list[Mention | Fault]:
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    found = list(read(stream, source="csv", format=form, now=NOW, **over))
    assert not stream.closed
    return found


def mentions(*args, **over) -> list[Mention]:
    found = rows(*args, **over)
    assert not [fault for fault in found if isinstance(fault, Fault)]
    return found


def test_every_column_is_understood():
    (mention,) = mentions(
        ",".join((*COLUMNS, "branch"))
        + '\n7,"It leaks, again",2026-05-01T09:00:00+03:00,https://shop.example/7,en,2.5,6,@ada,Ada Quill,"1,200",34,5,2020-01-01T00:00Z,1,2,3,4,Kuching\n'
    )
    assert mention.source == "csv"
    assert mention.external_id == "7"
    assert mention.text == "It leaks, again"
    assert mention.created_at == datetime(2026, 5, 1, 6, tzinfo=UTC)
    assert mention.url == "https://shop.example/7"
    assert mention.language == "en"
    assert mention.rating == 2.5
    assert mention.kind is Kind.REVIEW
    assert mention.parent_id == "6"
    author = mention.author
    assert (author.handle, author.name, author.followers, author.posts, author.listed) == (
        "ada",
        "Ada Quill",
        1200,
        34,
        5,
    )
    assert author.created_at == datetime(2020, 1, 1, tzinfo=UTC)
    engagement = mention.engagement
    assert (engagement.likes, engagement.reposts, engagement.replies, engagement.views) == (1, 2, 3, 4)
    assert mention.raw == {"branch": "Kuching"}


def test_what_a_file_does_not_tell_is_unknown_not_zero():
    (mention,) = mentions("external_id,text\n1,hello\n")
    assert mention.author is None
    assert mention.rating is None
    assert mention.url is None
    assert mention.language is None
    assert mention.engagement.likes is None
    assert mention.kind is Kind.POST


def test_a_file_without_times_was_written_when_it_is_imported():
    assert mentions("text\nhello\n")[0].created_at == NOW


def test_a_row_without_an_id_has_the_same_one_each_time_whatever_its_counts():
    first, second, other = mentions("text,author_handle,likes\nhello,ada,1\nhello,ada,900\nhello,bob,1\n")
    assert first.external_id == second.external_id
    assert first.external_id != other.external_id
    assert first.external_id.startswith("row-")
    assert mentions("likes,text,author_handle\n5,hello,ada\n")[0].external_id == first.external_id


def test_a_repeated_id_is_another_sight_of_the_same_item():
    assert [m.text for m in mentions("external_id,text\n1,before\n1,after\n")] == ["before", "after"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("1,,1777600000,,,", "text is missing"),
        ("1,  ,1777600000,,,", "text is missing"),
        ("1,x,,,,", "created_at is empty"),
        ("1,x,yesterday,,,", "created_at: 'yesterday' is not a time"),
        ("1,x,2026-05-01 09:00,,,", "--timezone"),
        ("1,x,2026-05-03T09:00Z,,,", "created_at lies in the future"),
        ("1,x,1777600000,many,,", "likes 'many' is not a whole number"),
        ("1,x,1777600000,-1,,", "likes '-1'"),
        ("1,x,1777600000,,6,", "rating '6'"),
        ("1,x,1777600000,,0,", "rating '0'"),
        ("1,x,1777600000,,,not a language!", "lang"),
        ("1,x,1777600000,,,en,,,", "9 cells under 6 columns"),
        ("i" * 501 + ",x,1777600000,,,", "external_id is longer than 500"),
    ],
)
def test_a_bad_row_is_named_and_the_rows_around_it_are_kept(row, why):
    data = f"external_id,text,created_at,likes,rating,lang\na,good,1777600000,,,\n{row}\nb,also good,1777600000,,,\n"
    before, fault, after = rows(data)
    assert (before.external_id, after.external_id) == ("a", "b")
    assert fault.where == "row 3"
    assert why in fault.why


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_recognised(delimiter, newline):
    lines = [
        delimiter.join(cells)
        for cells in (["External_ID", " Text ", "lang"], ["1", '"two\nlines"', "en"], ["2", "x", "en"])
    ]
    found = mentions(newline.join(lines))
    assert [(m.external_id, m.text) for m in found] == [("1", "two\nlines"), ("2", "x")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom"])
def test_unicode_files_are_read_with_and_without_a_mark(encoding):
    text = "text,external_id\nκαλημέρα 😡,1\n"
    data = b"\xff\xfe" + text.encode("utf-16-le") if encoding == "utf-16-le-bom" else text.encode(encoding)
    assert [(m.external_id, m.text) for m in mentions(data)] == [("1", "καλημέρα 😡")]


def test_a_row_in_another_encoding_is_named_and_the_others_are_kept():
    good, bad, better = rows(b"external_id,text\n1,plain\n2,caf\xe9\n3,caf\xc3\xa9\n")
    assert (good.text, better.text) == ("plain", "café")
    assert bad == Fault(where="row 3", why="text is not UTF-8 text: save the file as UTF-8")


def test_a_stray_quote_costs_one_row_not_the_rest_of_the_file():
    data = 'external_id,text\n1,good\n2,"stray\n' + "".join(f"{n},good\n" for n in range(3, 60))
    found = rows(data)
    assert [fault.where for fault in found if isinstance(fault, Fault)] == ["row 3"]
    assert len([m for m in found if isinstance(m, Mention)]) == 58


def test_a_stray_quote_does_not_swallow_rows_up_to_the_next_quote():
    found = rows('external_id,text\n2,"stray\n3,good\n4,"fine, too"\n')
    assert [m.external_id for m in found if isinstance(m, Mention)] == ["3", "4"]


def test_untidy_quotes_are_forgiven():
    assert [m.text for m in mentions('text,lang\n"said" he,en\n"she said ""no""",en\n5" pipe,en\n')] == [
        "said he",
        'she said "no"',
        '5" pipe',
    ]


def test_nuls_surrogates_and_control_characters_are_taken_out():
    assert mentions("text,external_id\nhe\x00llo\x1b,1\x00\n")[0].text == "hello"
    found = mentions('{"text": "a\\u0000\\ud800b", "external_id": "x\\u0000", "note": "\\u0000"}\n', "jsonl")[0]
    assert (found.text, found.external_id, found.raw) == ("a\ufffdb", "x", {"note": ""})


def test_a_post_of_a_megabyte_is_kept_up_to_the_stated_length():
    (mention,) = mentions("text\n" + '"' + "long post " * 100_000 + '"\n')
    assert len(mention.text) <= MAX_TEXT
    assert "[cut here: the original has 999,999 characters]" in mention.text


def test_a_link_that_is_no_web_address_is_kept_aside():
    (mention,) = mentions("text,url\nx,javascript:alert(1)\n")
    assert mention.url is None
    assert mention.raw == {"url": "javascript:alert(1)"}


def test_hostile_html_stays_text():
    assert mentions("text\n<script>alert(1)</script>\n")[0].text == "<script>alert(1)</script>"


def test_times_without_a_zone_are_read_in_the_one_given():
    (mention,) = mentions("text,created_at\nx,2026-05-01 12:00\n", timezone=ZoneInfo("Europe/Athens"))
    assert mention.created_at == datetime(2026, 5, 1, 9, tzinfo=UTC)


def test_a_map_names_our_column_then_theirs():
    (mention,) = mentions(
        "Id;Review Text;text\n5;It leaks;ignored\n", column_map={"text": "review text", "external_id": "ID"}
    )
    assert (mention.external_id, mention.text) == ("5", "It leaks")
    (mention,) = mentions(
        '{"id": 5, "body": "It leaks", "text": "ignored"}', "jsonl", column_map={"text": "body", "external_id": "id"}
    )
    assert (mention.external_id, mention.text) == ("5", "It leaks")


def test_a_map_to_a_column_we_do_not_have_is_refused():
    with pytest.raises(ValueError, match="follower is no column of ours"):
        read(io.BytesIO(), source="csv", format="csv", column_map={"follower": "x"})


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "the file is empty"),
        ("\n", "the file is empty"),
        ("id,body\n1,x\n", "no column is called text; found: id, body. Use --map text=NAME"),
    ],
)
def test_a_file_that_cannot_be_an_import_says_so(data, why):
    (fault,) = rows(data)
    assert fault.where == "header"
    assert fault.why.startswith(why)


def test_jsonl_faults_name_their_line():
    lines = [
        '{"text": "good"}',
        "[1]",
        "nonsense",
        '{"text": 5}',
        '{"text": null}',
        '"text"',
        "",
        '{"text": {"a": 1}}',
        "[" * 50_000,
        '{"text": "also good"}',
    ]
    found = rows("\n".join(lines), "jsonl")
    assert [fault.where for fault in found if isinstance(fault, Fault)] == [
        "line 2",
        "line 3",
        "line 5",
        "line 6",
        "line 8",
        "line 9",
    ]
    assert [m.text for m in found if isinstance(m, Mention)] == ["good", "5", "also good"]


def test_jsonl_in_another_encoding_is_named():
    good, bad = rows(b'{"text": "x"}\n{"text": "caf\xe9"}\n', "jsonl")
    assert isinstance(good, Mention)
    assert bad.where == "line 2"


def test_unknown_fields_are_kept_as_they_came():
    assert mentions('{"text": "x", "shop": {"branch": ["Kuching", 5, null, true]}}', "jsonl")[0].raw == {
        "shop": {"branch": ["Kuching", 5, None, True]}
    }


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_line_without_end_is_a_fault_and_the_next_one_is_read(form):
    long = "x" * (MAX_LINE + 5)
    data = f"text\n{long}\ngood\n" if form == "csv" else f'{{"text": "{long}"}}\n{{"text": "good"}}\n'
    fault, good = rows(data, form)
    assert "10,000,000" in fault.why
    assert good.text == "good"


def test_a_post_of_many_lines_is_one_row_and_too_many_are_a_stray_quote():
    assert len(mentions('text\n"' + "line\n" * (MAX_RECORD_LINES - 2) + '"\n')) == 1
    assert isinstance(rows('text\n"' + "line\n" * (MAX_RECORD_LINES + 2) + '"\n')[0], Fault)


def test_gzip_is_recognised_and_a_broken_one_keeps_what_came_before(tmp_path: Path):
    packed = gzip.compress(
        b"".join(f'{{"external_id": {n}, "text": "hello {n * 7919 % 1000}"}}\n'.encode() for n in range(5000))
    )
    assert len(mentions(packed, "jsonl")) == 5000
    found = rows(packed[: len(packed) // 2], "jsonl")
    assert found[-1].where == "end of file"
    path = tmp_path / "export.JSONL.gz"
    path.write_bytes(packed)
    assert sum(1 for _ in read(path, source="csv")) == 5000


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.csv", "csv"), ("a.TSV", "csv"), ("a.csv.gz", "csv"), ("a.b.ndjson", "jsonl"), ("a.jsonl.gz", "jsonl")],
)
def test_a_file_name_tells_its_format(name, form):
    assert format_of(Path(name)) == form


@pytest.mark.parametrize("name", ["a", "a.gz", "a.xlsx", "a.csv.zip"])
def test_another_file_name_does_not(name):
    with pytest.raises(ValueError, match="rename it"):
        format_of(Path(name))


def test_a_stream_needs_its_format_said():
    with pytest.raises(ValueError, match="csv or jsonl"):
        read(io.BytesIO(), source="csv")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_memory_does_not_grow_with_the_file(form, tmp_path: Path):
    path = tmp_path / f"big.{form}"
    line = "{n},words about a kettle\n" if form == "csv" else '{{"external_id": {n}, "text": "words about a kettle"}}\n'
    with path.open("w") as file:
        file.write("external_id,text\n" if form == "csv" else "")
        for n in range(3_000):
            file.write(line.replace("{n}", str(n)).replace("{{", "{").replace("}}", "}"))
    tracemalloc.start()
    assert sum(isinstance(row, Mention) for row in read(path, source="csv", now=NOW)) == 3_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


CELLS = st.text(max_size=20) | st.sampled_from(["1", "en", "5", "2026-05-01T00:00Z", "x"])


@given(st.lists(st.lists(CELLS, min_size=3, max_size=len(COLUMNS)), max_size=6), st.permutations(COLUMNS))
def test_any_written_csv_gives_one_mention_or_fault_per_row(table, header):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(table)
    found = rows(out.getvalue().encode("utf-8", "surrogatepass"))
    assert len(found) == sum(any(row) for row in table)
    _assert_keepable(found)


@given(st.binary(max_size=300), st.sampled_from(["csv", "jsonl"]))
def test_any_bytes_are_rows_and_faults_never_an_error(data, form):
    _assert_keepable(rows(data, form))
    _assert_keepable(rows(b"text\n" + data, form))
    _assert_keepable(rows(b"\x1f\x8b" + data, form))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*COLUMNS, "other"]), inner, max_size=6)
    ),
    max_leaves=15,
)


@given(st.lists(JSON, max_size=6))
def test_any_json_line_is_a_mention_or_a_fault(items):
    found = rows("\n".join(json.dumps(item) for item in items), "jsonl")
    assert len(found) == len(items)
    _assert_keepable(found)


def _assert_keepable(found):
    for row in found:
        if isinstance(row, Fault):
            (row.where + row.why).encode("utf-8")
            continue
        assert row.text
        assert row.created_at.utcoffset() is not None
        for text in (
            row.text,
            row.external_id,
            row.url or "",
            row.language or "",
            json.dumps(row.raw, allow_nan=False),
        ):
            text.encode("utf-8")
            assert "\x00" not in text
