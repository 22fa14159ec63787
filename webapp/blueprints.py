"""Which screens and endpoints there are: one blueprint each, in the order of the menu."""

from __future__ import annotations

from flask import Blueprint

from webapp.cases.views import blueprint as cases
from webapp.health.views import blueprint as health
from webapp.hooks.views import blueprint as hooks
from webapp.incidents.views import blueprint as incidents
from webapp.insights.views import blueprint as insights
from webapp.people.views import blueprint as people
from webapp.queue.views import blueprint as queue
from webapp.replies.views import blueprint as replies
from webapp.settings.views import blueprint as settings
from webapp.sign_in.views import blueprint as sign_in

BLUEPRINTS: tuple[Blueprint, ...] = (
    sign_in,
    queue,
    cases,
    replies,
    incidents,
    people,
    insights,
    settings,
    hooks,
    health,
)
