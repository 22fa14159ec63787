"""Which sources exist. Built-ins come from an explicit tuple, others by the entry-point group `listeners.sources`.

A source class is registered by the `@source` decorator when its module is imported. Source modules import their
client library only when an instance is made, so the web process can read titles, limits and credentials models. A
module that cannot be imported leaves the source listed as unavailable, with the reason, and start-up goes on.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import entry_points
from typing import Any, TypeVar

from pydantic import BaseModel

from listeners.capabilities import ABILITIES, Limits

BUILT_IN = (
    "listeners.memory",
    "listeners.sources.webhook",
    "listeners.sources.rss",
    "listeners.sources.hacker_news",
    "listeners.sources.bluesky",
    "listeners.sources.mastodon",
    "listeners.sources.x",
    "listeners.sources.reddit",
    "listeners.sources.app_store",
)
"""Modules of the sources we ship, in the order people are offered them."""

_NO_LIMITS = Limits(poll_every=timedelta(hours=1), calls_per_minute=1)

SourceClass = TypeVar("SourceClass", bound=type)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """A source as people and programs choose it.

    `factory` is called as `factory(credentials, http=Fetcher, base_url=str | None)`. `why_unavailable` is None when the
    source can be used; otherwise `factory` is None and the text says what is missing.
    """

    name: str
    title: str
    credentials: type[BaseModel]
    limits: Limits
    abilities: frozenset[str]
    factory: Callable[..., Any] | None
    why_unavailable: str | None = None
    hidden: bool = False


_registered: dict[str, SourceInfo] = {}


def source(name: str, *, title: str, hidden: bool = False) -> Callable[[SourceClass], SourceClass]:
    """Register a source class under a unique name.

    The class declares `Credentials` (a pydantic model whose secrets are `SecretStr`) and `limits`. `hidden` keeps twins
    for tests and the demo out of the lists people choose from. Raises ValueError when the name is taken.
    """

    def register(cls: SourceClass) -> SourceClass:
        known = _registered.get(name)
        if known is not None and known.factory is not cls:
            raise ValueError(f"two sources are called {name!r}: give one of them another name")
        _registered[name] = SourceInfo(
            name=name,
            title=title,
            credentials=cls.Credentials,  # type: ignore[attr-defined]
            limits=cls.limits,  # type: ignore[attr-defined]
            abilities=frozenset(ability for ability in ABILITIES if callable(getattr(cls, ability, None))),
            factory=cls,
            hidden=hidden,
        )
        return cls

    return register


def load() -> dict[str, SourceInfo]:
    """Import every built-in and plugged-in source once and return them by name, built-ins first."""
    for module in BUILT_IN:
        _import(module)
    for entry in entry_points(group="listeners.sources"):
        _import(entry.value.partition(":")[0])
    return dict(sorted(_registered.items(), key=lambda named: _place(named[1])))


def _place(info: SourceInfo) -> int:
    """Return where a source is offered: built-ins in their order, others after them as they came."""
    module = info.factory.__module__ if info.factory else f"listeners.sources.{info.name}"
    return BUILT_IN.index(module) if module in BUILT_IN else len(BUILT_IN)


def _import(module: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError as error:
        name = module.rpartition(".")[2]
        _registered.setdefault(
            name,
            SourceInfo(
                name=name,
                title=name,
                credentials=BaseModel,
                limits=_NO_LIMITS,
                abilities=frozenset(),
                factory=None,
                why_unavailable=f"{error.name or module} is not installed: run `make setup`",
            ),
        )


def get(name: str) -> SourceInfo:
    """Return one source. Raises KeyError with the known names when there is none."""
    sources = load()
    if name not in sources:
        known = ", ".join(sorted(info.name for info in sources.values() if not info.hidden))
        raise KeyError(f"no source is called {name!r}; known are: {known}")
    return sources[name]
