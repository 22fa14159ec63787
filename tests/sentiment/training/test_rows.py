from __future__ import annotations

import csv
import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.training.rows import COLUMNS, Row, UnreadableRows, counts_by_set, halves, read_rows


def written(path, *rows, columns=COLUMNS):
    held = io.StringIO(newline="")
    csv.writer(held).writerows([columns, *rows])
    content = held.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def raw(number=1, text="I love it", label="positive", lang="en", classes="3", licence="stated"):
    return (f"r{number}", text, label, lang, "ours", classes, licence)


def row(number: int, name: str = "ours") -> Row:
    return Row(id=f"r{number}", text="t", label=0, language="en", set=name, classes=3, licence="stated")


def test_rows_are_read_in_the_form_the_model_reads(tmp_path):
    rows = read_rows(
        written(tmp_path / "a.csv", raw(text="@anna see https://x.example 😡", label="negative", classes="2"))
    )
    assert rows == [
        Row(id="r1", text="@user see http 😡", label=0, language="en", set="ours", classes=2, licence="stated")
    ]


def test_a_folder_is_all_its_files_plain_or_packed(tmp_path):
    written(tmp_path / "a.csv", raw(1))
    written(tmp_path / "b.csv.gz", raw(2))
    (tmp_path / "notes.txt").write_text("not rows")
    assert [each.id for each in read_rows(tmp_path)] == ["r1", "r2"]


def test_rows_of_other_languages_and_licences_and_empty_ones_are_left_out(tmp_path):
    path = written(tmp_path / "a.csv", raw(1), raw(2, lang="tr"), raw(3, licence="none stated"), raw(4, text="\x01 "))
    assert [each.id for each in read_rows(path, languages=["en"], licence="stated")] == ["r1"]
    assert [each.id for each in read_rows(path)] == ["r1", "r2", "r3"]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (raw(label="angry"), "line 3: label 'angry'"),
        (raw(classes="5"), "line 3: classes is '5'"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path, bad, says):
    with pytest.raises(UnreadableRows, match=rf"a\.csv, {says}"):
        read_rows(written(tmp_path / "a.csv", raw(), bad))


def test_missing_columns_and_nothing_left_are_errors(tmp_path):
    with pytest.raises(UnreadableRows, match="no column licence"):
        read_rows(written(tmp_path / "a.csv", raw()[:-1], columns=COLUMNS[:-1]))
    with pytest.raises(UnreadableRows, match="no row left"):
        read_rows(written(tmp_path / "b.csv", raw()), languages=["tr"])


@given(st.sets(st.integers(0, 10_000), max_size=20))
def test_halves_share_no_row_and_do_not_depend_on_the_others(numbers):
    rows = [row(number) for number in sorted(numbers)]
    tuning, reporting = halves(rows)
    assert sorted(each.id for each in tuning + reporting) == sorted(each.id for each in rows)
    for each in tuning[:3]:
        assert halves([each]) == ([each], [])


def test_rows_are_counted_by_set_and_licence():
    assert counts_by_set([row(1), row(2), row(3, "b")]) == [("b", "stated", 1), ("ours", "stated", 2)]
