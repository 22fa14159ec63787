from __future__ import annotations

import pytest

from listeners.pages import OwnReply


@pytest.mark.parametrize(
    ("shown", "sent", "same"),
    [
        ("@mira Sorry about that", "Sorry about that", True),
        ("@mira @kettlewick.test sorry  about\nthat", "Sorry about that", True),
        ("See https://t.co/abc", "See https://kettlewick.test/help", True),
        ("e\u0301t\u00e9", "\u00e9te\u0301", True),
        ("Sorry about this", "Sorry about that", False),
        ("", "Sorry", False),
    ],
)
def test_a_reply_says_a_text_whatever_the_platform_did_to_it(shown, sent, same):
    reply = OwnReply(external_id="1", url=None, text=shown, created_at=None, under_key=None)
    assert reply.says(sent) is same
