"""Every setting of Earshot, validated once at each entry point and passed down. Nothing else reads the environment."""

from __future__ import annotations

import os
import secrets
import time
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from responder.errors import Invalid

CommaList = Annotated[tuple[str, ...], NoDecode]

_KEY_FILE = "secret.key"
_SHORTEST_KEY = 32
_KEY_WRITTEN_WITHIN_S = 1.0


class Sending(StrEnum):
    """Whether replies may leave: off until a person turns it on."""

    OFF = "off"
    DRY_RUN = "dry_run"
    ON = "on"


class Runner(StrEnum):
    """Who wakes the jobs: threads in one worker process, or Celery."""

    EMBEDDED = "embedded"
    CLUSTER = "cluster"


class Settings(BaseSettings):
    """Everything that can be set, each by the environment variable `EARSHOT_` + its name in capitals, or in `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="EARSHOT_", env_file=".env", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    home: Path = Field(
        default_factory=lambda: Path.home() / ".earshot", description="Folder for everything Earshot writes"
    )
    database_url: str | None = Field(
        default=None,
        description="SQLAlchemy URL of the database: SQLite or postgresql+psycopg. Unset: a SQLite file in home",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        min_length=_SHORTEST_KEY,
        description="Signs sessions and encrypts credentials, 32 characters or more. Unset: made once, kept in home",
    )
    host: str = Field(default="127.0.0.1", description="Address the web process listens on")
    port: int = Field(default=8000, ge=1, le=65535, description="Port the web process listens on")
    public_url: str | None = Field(
        default=None, description="The URL people reach Earshot by, for links in alerts. Unset: http://host:port"
    )
    web_processes: int = Field(default=2, ge=1, le=32, description="Processes that answer pages; one for each core")
    web_threads: int = Field(default=4, ge=2, le=64, description="Threads of each of them")
    sending: Sending = Field(default=Sending.OFF, description="off, dry_run or on: whether replies may leave")
    runner: Runner = Field(default=Runner.EMBEDDED, description="embedded (one worker process) or cluster (Celery)")
    broker_url: str = Field(
        default="redis://127.0.0.1:6379/0", description="Celery's broker, Redis or RabbitMQ; only for runner=cluster"
    )
    sentiment_model: str | None = Field(
        default=None,
        description="Folder of another model or transformers checkpoint, or a checkpoint on the hub with its commit, "
        "owner/name@<40 digits>. Unset: the shipped model",
    )
    sentiment_languages: CommaList = Field(
        default=("en", "ms", "id", "el", "tr", "de", "es", "fr", "pt", "it", "nl", "ar"),
        description="Languages the team's people write in, comma-separated ISO codes: detection is limited to these",
    )
    sentiment_floor: float | None = Field(
        default=None, ge=0, le=1, description="Confidence below which an opinion is unsure. Unset: the model's own"
    )
    alert_p_negative: float = Field(
        default=0.9, ge=0, le=1, description="A mention at least this surely unhappy is announced"
    )
    alert_max_age_hours: float = Field(
        default=24, gt=0, description="Mentions older than this when they arrive are not announced"
    )
    slack_webhook_url: SecretStr | None = Field(
        default=None, description="Slack incoming webhook that alerts are posted to. Unset: nothing is posted"
    )
    allow_private_hosts: CommaList = Field(
        default=(), description="Host names or addresses sources may reach although they are private, comma-separated"
    )
    timezone: str = Field(default="UTC", description="IANA time zone that days and hours are shown in")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR")
    log_format: str = Field(default="auto", description="json, columns, or auto (columns on a terminal)")
    scoring_batch: int = Field(default=256, ge=1, le=4096, description="Mentions scored at once")

    @field_validator("sentiment_languages", "allow_private_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            name = make_url(value).drivername
        except ArgumentError as error:
            raise ValueError("is not a database URL; example: postgresql+psycopg://user@host/earshot") from error
        if name in {"postgres", "postgresql"}:
            return value.replace(name, "postgresql+psycopg", 1)
        if name not in {"sqlite", "postgresql+psycopg"}:
            raise ValueError(f"{name} is not supported; use sqlite or postgresql+psycopg")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{value} is not an IANA time zone; example: Europe/Athens") from error
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("use DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("log_format")
    @classmethod
    def _known_format(cls, value: str) -> str:
        if value not in {"auto", "json", "columns"}:
            raise ValueError("use auto, json or columns")
        return value

    @property
    def effective_database_url(self) -> str:
        """The database in use: the one set, or the SQLite file in home."""
        if self.database_url is not None:
            return self.database_url
        # Made by parts: in a URL written by hand a "?" or "%" of the folder's name would mean something.
        return URL.create("sqlite", database=str(self.home / "earshot.sqlite3")).render_as_string()

    @property
    def exports(self) -> Path:
        """Where the exported copies of checkpoints are kept, each made once for every process."""
        return self.home / "models"

    @property
    def effective_public_url(self) -> str:
        """The URL that links in alerts and sign-in lines start with, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def alert_max_age(self) -> timedelta:
        """How old a mention may be on arrival and still be announced."""
        return timedelta(hours=self.alert_max_age_hours)


def read_settings(**overrides: Any) -> Settings:
    """Read and validate the settings. Raises Invalid listing every fault at once, each with its fix."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise Invalid(*(_fault(fault) for fault in error.errors())) from None


def _fault(fault: Any) -> str:
    name = "EARSHOT_" + "_".join(str(part) for part in fault["loc"]).upper()
    message = fault["msg"].removeprefix("Value error, ")
    field = Settings.model_fields.get(str(fault["loc"][0])) if fault["loc"] else None
    about = f" ({field.description})" if field is not None and field.description else ""
    return f"{name}: {message}{about}"


def secret_key(settings: Settings) -> str:
    """Return the key that signs and encrypts, making one in home on first use (readable by its owner only).

    Raises Invalid when home cannot be used, or the key in it is cut short.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = settings.home / _KEY_FILE
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _made_key(path) or _kept_key(path)
    except OSError as error:
        fix = "give this user the folder, or name another"
        raise Invalid(f"EARSHOT_HOME: {error.filename or path}: {error.strerror}; {fix}") from error


def _made_key(path: Path) -> str | None:
    """Make the key; None when there is one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return None
    key = secrets.token_urlsafe(48)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(key)
    except OSError:  # a full disk: half a key would be worse than none
        path.unlink()
        raise
    return key


def _kept_key(path: Path) -> str:
    until = time.monotonic() + _KEY_WRITTEN_WITHIN_S
    while len(key := path.read_text().strip()) < _SHORTEST_KEY:
        if time.monotonic() > until:  # not just another process that makes it at this moment
            fix = "restore it from a backup, or delete it and connect every source anew"
            raise Invalid(f"EARSHOT_HOME: the key in {path} is cut short: {fix}")
        time.sleep(0.02)
    return key
