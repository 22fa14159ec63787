"""A small real source for these tests: an invented platform with credentials of several kinds and no network."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, Field, SecretStr

from listeners.capabilities import Limits
from listeners.errors import CredentialsExpired
from listeners.pages import Page
from listeners.registry import source


@source("kiosk", title="Kiosk", hidden=True)
class Kiosk:
    """Searches and has an inbox; its check says which token it was opened with."""

    class Credentials(BaseModel):
        token: SecretStr = Field(description="Token from the kiosk's back door", min_length=8)
        stalls: tuple[str, ...] = Field(default=(), description="Stalls to listen at, comma-separated")
        page_size: int = Field(default=50, ge=1, description="Items of one page")

    limits = Limits(poll_every=timedelta(seconds=90), calls_per_minute=10)

    def __init__(self, credentials, *, http, base_url=None):
        self.credentials = credentials
        self.http = http
        self.base_url = base_url

    def search(self, query, *, cursor=None):
        return Page(mentions=())

    def inbox(self, *, cursor=None):
        return Page(mentions=())

    def check(self):
        if self.credentials.token.get_secret_value() == "expired-token":
            raise CredentialsExpired("the token expired: make a new one at the kiosk")
        if self.credentials.token.get_secret_value() == "garbled-token":
            raise KeyError("words of somebody")  # what a client library does with an answer it did not expect
        return f"connected to {self.base_url or 'the kiosk'}"


@source("letterbox", title="Letterbox", hidden=True)
class Letterbox:
    """Is only ever pushed to."""

    class Credentials(BaseModel):
        secret: SecretStr | None = None

    limits = Limits(poll_every=timedelta(hours=1), calls_per_minute=1)

    def __init__(self, credentials, *, http, base_url=None):
        self.credentials = credentials

    def receive(self, body, headers, *, now):
        return Page(mentions=())
