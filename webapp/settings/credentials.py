"""A source's add form, drawn from its own `Credentials` model: nothing here knows a platform."""

from __future__ import annotations

import typing
from dataclasses import dataclass

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from listeners import registry
from listeners.registry import SourceInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One value a source asks for. `default` is what stands in the field at first; secrets have none."""

    name: str
    label: str
    hint: str | None
    is_secret: bool
    is_required: bool
    default: str


def offered() -> list[SourceInfo]:
    """Return the sources people can connect, in the order they are offered."""
    return [info for info in registry.load().values() if not info.hidden]


def fields_of(credentials: type[BaseModel]) -> list[FormField]:
    """Return the form of a credentials model, in its order."""
    return [_field(name, field) for name, field in credentials.model_fields.items()]


def _field(name: str, field: FieldInfo) -> FormField:
    return FormField(
        name=name,
        label=name.replace("_", " ").capitalize(),
        hint=field.description,
        is_secret=_is_secret(field.annotation),
        is_required=field.is_required(),
        default=_written(field.default),
    )


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or SecretStr in typing.get_args(annotation)


def _written(default: object) -> str:
    """Return a default as people would type it; "" where there is none, or none to show."""
    if default is None or default is PydanticUndefined or isinstance(default, SecretStr):
        return ""
    if isinstance(default, list | tuple | set | frozenset):
        return ", ".join(str(part) for part in default)
    return str(default)
