"""Who may do what."""

from __future__ import annotations

import pytest

from responder.accounts.permissions import PERMISSIONS, may, require
from responder.errors import NotAllowed
from responder.models import Role


def test_an_admin_may_do_everything():
    assert all(may(Role.ADMIN, permission) for permission in PERMISSIONS)


@pytest.mark.parametrize("permission", ["sources.change", "people.change", "brand.change", "demo.change"])
@pytest.mark.parametrize("role", [Role.AGENT, Role.MARKETER])
def test_only_an_admin_changes_sources_people_brand_and_demo(role, permission):
    assert not may(role, permission)


def test_a_marketer_reads_the_queue_and_does_not_act_in_it():
    assert may(Role.MARKETER, "queue.read")
    assert not may(Role.MARKETER, "case.act")


def test_a_role_nobody_knows_may_do_nothing():
    assert not any(may("owner", permission) for permission in PERMISSIONS)


def test_a_permission_nobody_defined_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        may(Role.ADMIN, "case.fly")


def test_a_refusal_names_the_roles_that_hold_the_right():
    with pytest.raises(NotAllowed, match="admin or agent"):
        require(Role.MARKETER, "case.act")
