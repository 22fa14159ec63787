"""Everything the app sets up can be set up without it."""

from __future__ import annotations

import json

from responder.models import Role


def test_a_source_and_a_watch_are_added_and_listed(run):
    assert run("source", "add", "rss", "--set", "url=https://news.example/feed", "--as", "News").exit_code == 0
    assert run("watch", "add", "Ours", "--query", "halvanto", "--source", "News").exit_code == 0
    (watch,) = json.loads(run("watch", "list", "--json").stdout)
    assert (watch["name"], watch["query"]) == ("Ours", "halvanto")
    assert [poll["ability"] for poll in watch["polls"]] == ["search"]


def test_secrets_are_masked_wherever_they_are_shown(run):
    run("source", "add", "webhook", "--set", "secret=planted-secret-planted-secret")
    for shown in (run("source", "list"), run("source", "list", "--json"), run("doctor"), run("doctor", "--json")):
        assert "planted" not in shown.output


def test_all_faults_of_a_source_are_told_at_once(run):
    refused = run("source", "add", "bluesky", "--set", "nonsense=1")
    assert refused.exit_code == 2
    assert all(name in refused.stderr for name in ("nonsense", "handle", "app_password"))


def test_a_query_that_cannot_be_read_points_at_its_column(run):
    refused = run("watch", "add", "Ours", "--query", "halvanto AND (beam OR")
    assert refused.exit_code == 2
    assert "column" in refused.stderr


def test_a_person_comes_in_by_link_or_by_password(run):
    by_link = json.loads(run("user", "add", "a@team.example", "--role", "admin", "--json").stdout)
    assert "/sign-in/link/" in by_link["sign_in"]
    done = run("user", "add", "b@team.example", "--password-stdin", "--json", stdin="a long enough pass phrase\n")
    by_password = json.loads(done.stdout)
    assert (by_password["sign_in"], by_password["role"]) == (None, Role.AGENT)
    assert run("user", "add", "b@team.example").exit_code == 3


def test_a_weak_password_is_refused(run):
    assert run("user", "add", "c@team.example", "--password-stdin", stdin="short\n").exit_code == 2


def test_a_watch_can_be_paused_resumed_and_removed(run):
    run("watch", "add", "Ours", "--query", "halvanto")
    for verb in ("pause", "resume", "remove"):
        assert run("watch", verb, "Ours").exit_code == 0
    assert run("watch", "pause", "Ours").exit_code == 3
