"""Settings: all faults at once, each with its fix; secrets kept private."""

from __future__ import annotations

import stat
import threading

import pytest
from sqlalchemy.engine import make_url

from responder import settings as settings_module
from responder.errors import Invalid
from responder.settings import Settings, read_settings, secret_key


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch, tmp_path):
    import os

    for name in list(os.environ):
        if name.startswith("EARSHOT_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_all_faults_are_listed_at_once_with_their_names(monkeypatch):
    monkeypatch.setenv("EARSHOT_PORT", "0")
    monkeypatch.setenv("EARSHOT_SENDING", "maybe")
    monkeypatch.setenv("EARSHOT_TIMEZONE", "Mars/Base")
    monkeypatch.setenv("EARSHOT_DATABASE_URL", "mysql://nowhere/db")
    with pytest.raises(Invalid) as caught:
        read_settings()
    told = " ".join(caught.value.faults)
    assert len(caught.value.faults) == 4
    assert all(f"EARSHOT_{name}" in told for name in ("PORT", "SENDING", "TIMEZONE", "DATABASE_URL"))


def test_a_fault_never_repeats_a_secret(monkeypatch):
    monkeypatch.setenv("EARSHOT_SECRET_KEY", "short-planted-secret")
    with pytest.raises(Invalid) as caught:
        read_settings()
    assert "short-planted-secret" not in str(caught.value)


def test_sending_is_off_until_someone_turns_it_on():
    assert read_settings().sending == "off"


def test_lists_are_read_from_commas(monkeypatch):
    monkeypatch.setenv("EARSHOT_SENTIMENT_LANGUAGES", "en, ms ,el")
    assert read_settings().sentiment_languages == ("en", "ms", "el")


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path):
    settings = Settings(home=tmp_path / "home")
    first = secret_key(settings)
    assert len(first) >= 32
    assert secret_key(settings) == first
    assert stat.S_IMODE((tmp_path / "home" / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


def test_a_key_that_is_cut_short_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(settings_module, "_KEY_WRITTEN_WITHIN_S", 0.0)
    (tmp_path / "secret.key").write_text("half")
    with pytest.raises(Invalid, match="cut short"):
        secret_key(Settings(home=tmp_path))


def test_two_processes_that_start_together_share_one_key(tmp_path):
    path = tmp_path / "secret.key"
    path.touch()  # the other one is about to write it
    later = threading.Timer(0.1, path.write_text, ["k" * 40])
    later.start()
    assert secret_key(Settings(home=tmp_path)) == "k" * 40
    later.join()


def test_a_home_that_cannot_be_used_is_told_with_its_fix(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Invalid, match=r"EARSHOT_HOME: .*give this user the folder"):
        secret_key(Settings(home=tmp_path / "file" / "home"))


@pytest.mark.parametrize("name", ["a b", "a?b=c", "a%20b", "a#b", "é@:1"])
def test_the_database_is_in_home_whatever_its_name(tmp_path, name):
    home = tmp_path / name
    assert make_url(Settings(home=home).effective_database_url).database == str(home / "earshot.sqlite3")


@pytest.mark.parametrize("given", ["postgres://a@h/d", "postgresql://a@h/d", "postgresql+psycopg://a@h/d"])
def test_every_spelling_of_postgresql_means_psycopg(given):
    assert Settings(database_url=given).effective_database_url == "postgresql+psycopg://a@h/d"
