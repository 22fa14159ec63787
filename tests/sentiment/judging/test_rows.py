from __future__ import annotations

import csv
import gzip

import pytest

from sentiment.judging.rows import as_written, judged_half, unseen
from sentiment.training.rows import COLUMNS, Row, UnreadableRows, halves, read_rows


def row(number: int, text: str) -> Row:
    return Row(id=f"r{number}", text=text, label=0, language="en", set="ours", classes=3, licence="stated")


def written(path, *texts: str, ids=None):
    with (
        gzip.open(path, "wt", encoding="utf-8", newline="")
        if path.suffix == ".gz"
        else path.open("w", encoding="utf-8", newline="") as file
    ):
        named = ids or [f"{path.name}-{number}" for number in range(len(texts))]
        rows = ((each, text, "negative", "en", "ours", 3, "stated") for each, text in zip(named, texts, strict=True))
        csv.writer(file).writerows([COLUMNS, *rows])
    return path


def test_what_was_seen_is_left_out_by_its_text_whatever_its_id():
    rows = [row(1, "it broke"), row(2, "it works"), row(3, "it broke")]
    assert [each.id for each in unseen(rows, [row(9, "it broke")])] == ["r2"]
    assert unseen(rows, []) == rows


def test_the_reported_half_shares_no_text_with_the_tuned_one():
    rows = [row(number, f"text {number % 30}") for number in range(60)]
    tuning, reporting = judged_half(rows, "tuning"), judged_half(rows, "reporting")
    assert tuning == halves(rows)[0]
    assert 0 < len(reporting) < len(halves(rows)[1])
    assert not {each.text for each in tuning} & {each.text for each in reporting}
    assert judged_half(rows, "all") == rows


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_texts_come_back_as_they_were_written(tmp_path, name):
    source = written(tmp_path / name, "@anna the CAFÉ is shut 😡", "\x01", "Fine, señor")
    rows = read_rows(source)
    assert [each.text for each in as_written(rows, source)] == ["@anna the CAFÉ is shut 😡", "Fine, señor"]
    assert [each.id for each in as_written(rows, source)] == [each.id for each in rows]


def test_a_folder_is_all_its_files(tmp_path):
    written(tmp_path / "a.csv", "It BROKE")
    written(tmp_path / "b.csv.gz", "It WORKS")
    assert [each.text for each in as_written(read_rows(tmp_path), tmp_path)] == ["It BROKE", "It WORKS"]


def test_an_id_that_stands_for_two_texts_is_refused(tmp_path):
    source = written(tmp_path / "a.csv", "It broke", "It works", ids=["r1", "r1"])
    with pytest.raises(UnreadableRows, match="'r1' stands for two texts"):
        as_written(read_rows(source), source)
