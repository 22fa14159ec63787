"""Every setting is documented where people look for it, and nothing else claims to be one."""

from __future__ import annotations

import re
from pathlib import Path

from responder.settings import Settings

ROOT = Path(__file__).parents[2]
NAMES = {f"EARSHOT_{name.upper()}" for name in Settings.model_fields}


def test_env_example_names_exactly_the_settings():
    assert set(re.findall(r"^#?(EARSHOT_\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)) == NAMES


def test_every_setting_says_what_it_is_for():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_configuration_page_names_exactly_the_settings():
    assert set(re.findall(r"^\| `(EARSHOT_\w+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)) == NAMES
