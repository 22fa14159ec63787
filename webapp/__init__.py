"""HTTP: pages, fragments, hooks and health. Decides nothing about the business: it asks `responder` and draws."""

from __future__ import annotations

from webapp.app import create_app

__all__ = ["create_app"]
