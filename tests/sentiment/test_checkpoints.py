from __future__ import annotations

import fcntl
import json
import shutil
from dataclasses import replace

import pytest

from sentiment import Export, ModelUnusable, export_of
from sentiment.checkpoints import (
    MANIFEST_FILE,
    MODEL_FILE,
    TOKENIZER_FILE,
    Checkpoint,
    NoCopy,
    lock_of,
    read_copy,
    write_manifest,
)
from sentiment.model_facts import FACTS_FILE

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "model"
    made.mkdir()
    (made / "config.json").write_text("{}")
    (made / "model.safetensors").write_bytes(b"weights")
    (made / "vocab.txt").write_text("love\nhate\n")
    return made


@pytest.fixture
def copy(tmp_path):
    made = tmp_path / "copy"
    made.mkdir()
    (made / MODEL_FILE).write_bytes(b"graph")
    (made / TOKENIZER_FILE).write_text("{}")
    write_manifest(made, columns=((0, 1), (2,), (3, 4)), length=64, padding=1)
    return made


@pytest.mark.parametrize(
    ("wanted", "mend"),
    [
        ("owner/name", "owner/name@<commit>"),
        ("owner/name@main", "a branch or tag can be moved"),
        ("owner/name@v1.0", "owner/name@<commit>"),
        ("owner/name@0123456", "all 40 digits"),
        ("/no/such/folder", "no such folder"),
        ("bert", "no such folder"),
        ("", "no such folder"),
        (" ", "no such folder"),
        ("a/b/c@d", "no such folder"),
        ("../owner/name@" + COMMIT, "no such folder"),
    ],
)
def test_a_name_without_a_pinned_commit_is_refused_with_the_mend(wanted, mend):
    with pytest.raises(ModelUnusable, match=mend):
        Checkpoint.parse(wanted)


def test_a_hub_name_keeps_its_commit():
    parsed = Checkpoint.parse(f"owner/name.v2@{COMMIT}")
    assert (parsed.source, parsed.revision) == ("owner/name.v2", COMMIT)
    assert (parsed.title, parsed.version) == ("owner/name.v2", "0123456789ab")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "vocab.txt"])
def test_another_training_in_the_same_folder_is_another_version(folder, name):
    before = Checkpoint.parse(str(folder))
    (folder / name).write_text("changed")
    after = Checkpoint.parse(str(folder))
    assert replace(before, version="") == replace(after, version="")
    assert before.version != after.version


def test_what_does_not_change_its_answers_does_not_change_its_version(folder):
    before = Checkpoint.parse(str(folder))
    (folder / "README.md").write_text("words")
    (folder / "logs.json").mkdir()
    assert Checkpoint.parse(str(folder)) == before


def test_every_version_has_a_copy_of_its_own_inside_the_folder(tmp_path, folder):
    named = [Checkpoint.parse(f"{name}@{COMMIT}") for name in ("owner/name", "other/name", "name")]
    places = {each.copy_in(tmp_path) for each in [*named, Checkpoint.parse(str(folder))]}
    assert len(places) == 4
    assert all(place.parent == tmp_path for place in places)


def test_a_copy_says_what_was_written(copy):
    read = read_copy(copy)
    assert (read.columns, read.length, read.padding) == (((0, 1), (2,), (3, 4)), 64, 1)


@pytest.mark.parametrize("name", [MODEL_FILE, TOKENIZER_FILE, MANIFEST_FILE])
@pytest.mark.parametrize("damage", [None, b"", b"garbage", b"[]", b"{}"])
def test_a_copy_that_is_not_whole_is_none(copy, name, damage):
    if damage == b"{}" and name == TOKENIZER_FILE:
        damage = b"{ }"
    (copy / name).unlink()
    if damage is not None:
        (copy / name).write_bytes(damage)
    with pytest.raises(NoCopy):
        read_copy(copy)


def test_a_copy_whose_manifest_lacks_something_is_none(copy):
    manifest = json.loads((copy / MANIFEST_FILE).read_text())
    for name in manifest:
        (copy / MANIFEST_FILE).write_text(json.dumps({key: value for key, value in manifest.items() if key != name}))
        with pytest.raises(NoCopy):
            read_copy(copy)


def test_a_folder_that_is_not_there_is_no_copy(tmp_path):
    with pytest.raises(NoCopy):
        read_copy(tmp_path / "nothing")


def test_a_checkpoint_waits_for_its_export_until_there_is_a_whole_copy(folder, copy, tmp_path):
    exports = tmp_path / "exports"
    assert export_of(str(folder), exports=exports) is Export.WANTED
    place = Checkpoint.parse(str(folder)).copy_in(exports)
    shutil.copytree(copy, place)
    assert export_of(str(folder), exports=exports) is Export.DONE
    (place / MODEL_FILE).write_bytes(b"half a gra")
    assert export_of(str(folder), exports=exports) is Export.WANTED


def test_who_exports_at_this_moment_is_seen_and_not_disturbed(folder, tmp_path):
    lock = lock_of(Checkpoint.parse(str(folder)).copy_in(tmp_path))
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert export_of(str(folder), exports=tmp_path) is Export.RUNNING
    assert export_of(str(folder), exports=tmp_path) is Export.WANTED, "the file of the lock stays, its holder is gone"


def test_the_shipped_model_and_those_made_here_need_no_export(tmp_path):
    (tmp_path / FACTS_FILE).write_text("{}")
    assert export_of(None) is export_of(str(tmp_path)) is Export.DONE
    with pytest.raises(ModelUnusable, match="no such folder"):
        export_of(str(tmp_path / "nowhere"))


def test_a_file_that_cannot_be_read_is_named(folder):
    (folder / "vocab.json").symlink_to("/proc/self/mem")  # which nobody can read from its beginning, not even root
    with pytest.raises(ModelUnusable, match=r"cannot be read \(Input/output error\)"):
        Checkpoint.parse(str(folder))
