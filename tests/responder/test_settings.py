"""Settings: all faults at once, each with its fix; secrets kept private."""

from __future__ import annotations

import stat

import pytest

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


@pytest.mark.parametrize("given", ["postgres://a@h/d", "postgresql://a@h/d", "postgresql+psycopg://a@h/d"])
def test_every_spelling_of_postgresql_means_psycopg(given):
    assert Settings(database_url=given).effective_database_url == "postgresql+psycopg://a@h/d"
