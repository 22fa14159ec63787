"""What a checkpoint is, and the copy of it that serves: files under a folder of ours, whole or not there at all.

A checkpoint is a transformers sequence-classification model: a folder, or a name on the hub with a pinned commit. It is
exported once (`sentiment.checkpoint_export`); nothing here needs torch or transformers.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sentiment.errors import ModelUnusable
from sentiment.model_facts import ModelFacts

EXPORT_VERSION = 1
"""Counts up whenever the way of exporting changes: copies made the old way are then made anew."""

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
MANIFEST_FILE = "checkpoint.json"

UNCALIBRATED_FLOOR = 0.6

_HUB_NAME = re.compile(r"(?P<name>[\w-][\w.-]*(?:/[\w.-]+)?)(?:@(?P<revision>[\w./-]*))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_TELLING = {".json", ".safetensors", ".bin", ".txt", ".model"}
"""Suffixes of the files that say what a checkpoint answers: settings, weights, vocabulary."""


class Export(StrEnum):
    """Where a model stands: it serves as it is, must be exported first, or somebody exports it at this moment."""

    DONE = "done"
    WANTED = "wanted"
    RUNNING = "running"


class NoCopy(Exception):
    """There is no exported copy, or it is damaged: make it anew."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a checkpoint comes from: a folder (no revision), or a name on the hub with the commit it is pinned to."""

    source: str
    revision: str | None
    title: str
    version: str

    @classmethod
    def parse(cls, wanted: str) -> Checkpoint:
        """Understand a folder or "owner/name@commit". Raises ModelUnusable with the mend."""
        folder = Path(wanted).expanduser()
        if wanted.strip() and folder.is_dir():
            try:
                return cls(str(folder), None, folder.resolve().name, _fingerprint(folder))
            except OSError as error:
                why = f"{error.filename or folder} cannot be read ({error.strerror})"
                raise ModelUnusable(f"{why}: give this user its files, or restore them") from error
        named = _HUB_NAME.fullmatch(wanted)
        if named is None or not (named["revision"] or "/" in named["name"]):
            raise ModelUnusable(f"{wanted!r}: no such folder, and not of the form owner/name@commit")
        if not _COMMIT.fullmatch(named["revision"] or ""):
            raise ModelUnusable(
                f"{wanted}: no such folder; for a model on the hub pin its commit, all 40 digits, as in "
                f"{named['name']}@<commit>: a branch or tag can be moved unseen"
            )
        return cls(named["name"], named["revision"], named["name"], named["revision"][:12])

    def copy_in(self, exports: Path) -> Path:
        """Return the folder under `exports` that holds, or will hold, the exported copy of just this version."""
        name = re.sub(r"[^\w.-]+", "--", self.title)
        return exports / f"{name}-{self.version}-{EXPORT_VERSION}"

    def export_in(self, exports: Path) -> Export:
        """Tell whether the copy under `exports` is there, whole, or in the making. Reads all of it."""
        folder = self.copy_in(exports)
        try:
            read_copy(folder)
        except NoCopy:
            return Export.RUNNING if _is_locked(lock_of(folder)) else Export.WANTED
        return Export.DONE

    def facts(self, *, languages: Sequence[str] | None, length: int) -> ModelFacts:
        """Return the facts of a model that nobody has calibrated; it is trusted in `languages`, None: in none."""
        return ModelFacts(
            name=self.title,
            version=self.version,
            languages=tuple(languages) if languages else None,
            temperatures={},
            default_temperature=1.0,
            floor=UNCALIBRATED_FLOOR,
            length=length,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What an exported copy says about itself.

    `columns` are the model's own columns that mean each of our labels, `length` is the longest text in pieces,
    `padding` the id that fills up a batch, `digests` are the SHA-256 of its files by name.
    """

    columns: tuple[tuple[int, ...], ...]
    length: int
    padding: int
    digests: Mapping[str, str]


def lock_of(folder: Path) -> Path:
    """Return the file that whoever makes the copy in `folder` keeps locked meanwhile."""
    return folder.with_name(f"{folder.name}.lock")


def read_copy(folder: Path) -> Copy:
    """Read what the copy in `folder` says, after comparing every byte of it. Raises NoCopy when it is not whole."""
    try:
        copy = _copy(json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8")))
        strange = [name for name, digest in copy.digests.items() if digest_of(folder / name) != digest]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoCopy(f"{folder}: {error}") from error
    if strange:
        raise NoCopy(f"{folder}: {', '.join(strange)} changed since it was written")
    return copy


def write_manifest(folder: Path, *, columns: Sequence[Sequence[int]], length: int, padding: int) -> Copy:
    """Write down what the files in `folder` are, as the last of them, so that `read_copy` gives it back."""
    copy = Copy(
        columns=tuple(map(tuple, columns)),
        length=length,
        padding=padding,
        digests={name: digest_of(folder / name) for name in (MODEL_FILE, TOKENIZER_FILE)},
    )
    (folder / MANIFEST_FILE).write_text(json.dumps(asdict(copy), indent=2) + "\n", encoding="utf-8")
    return copy


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits. Raises OSError."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _copy(raw: Mapping[str, Any]) -> Copy:
    digests = {name: str(raw["digests"][name]) for name in (MODEL_FILE, TOKENIZER_FILE)}
    columns = tuple(tuple(map(int, chosen)) for chosen in raw["columns"])
    return Copy(columns=columns, length=int(raw["length"]), padding=int(raw["padding"]), digests=digests)


def _is_locked(path: Path) -> bool:
    try:
        with path.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _fingerprint(folder: Path) -> str:
    """Digest of settings, weights and vocabulary: two trainings in the same folder are two versions."""
    together = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.suffix in _TELLING and file.is_file():
            together.update(file.name.encode("utf-8", "surrogateescape") + bytes.fromhex(digest_of(file)))
    return together.hexdigest()[:12]
