from __future__ import annotations

import subprocess
import sys

CLIENTS = ("atproto", "httpx", "mastodon", "praw", "prawcore", "tweepy", "feedparser")


def test_listing_the_sources_loads_no_client_library():
    code = (
        "import sys; from listeners import registry; registry.load(); "
        f"print([name for name in {CLIENTS!r} if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "[]"
