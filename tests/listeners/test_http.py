"""The way out: only to public addresses, only for a while, only so much, and never telling where the keys are."""

from __future__ import annotations

import gzip
import logging
import os
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from listeners.dialling import Door, deadline, is_public, tls_context
from listeners.errors import (
    CredentialsExpired,
    Gone,
    NotPermitted,
    OutcomeUnknown,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unavailable,
)
from listeners.http import Fetcher, Response, never_sent, raise_for_status, retry_at, unix_instant
from tests.listeners.stub import Answer, serving

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LOOPBACK = frozenset({"127.0.0.1"})


@pytest.fixture
def stub():
    with serving() as running:
        yield running


@pytest.fixture
def http():
    with Fetcher(allow_private_hosts=LOOPBACK, timeout=(2, 0.4), total=1.0, max_bytes=100_000) as fetcher:
        yield fetcher


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1", "192.0.0.8", "192.168.1.1",
        "198.18.0.1", "192.88.99.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::", "fc00::1", "fe80::1", "fe80::1%eth0",
        "fec0::1", "ff02::1", "2001:db8::1", "nonsense", "",
    ],
)  # fmt: skip
def test_an_address_that_is_not_the_open_internet_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_on_the_open_internet_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://localhost:9/",
        "http://[::1]:9/",
        "http://0/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://[::ffff:127.0.0.1]/",
        "https://127.0.0.1/",
    ],
)
def test_ssrf_a_private_address_is_refused_however_it_is_written(url):
    with Fetcher() as http, pytest.raises(NotPermitted, match="EARSHOT_ALLOW_PRIVATE_HOSTS"):
        http.get(url)


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.1.2.3", "100.64.0.1", "fd00::1"])
def test_ssrf_a_public_name_that_resolves_to_a_private_address_is_refused(address, monkeypatch):
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]
    )
    with Fetcher() as http, pytest.raises(NotPermitted, match=r"rebind\.example"):
        http.get("http://rebind.example/")


def test_ssrf_the_address_that_was_checked_is_the_one_that_is_dialled(stub, monkeypatch):
    # A name server that answers "public" first and "private" next must not get a second question.
    answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(stub.url.rpartition(":")[2])))]])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: next(answers))
    stub.get("/", Answer(body=b"ok"))
    with Fetcher(allow_private_hosts=frozenset({"pinned.example"})) as http:
        assert http.get("http://pinned.example/").body == b"ok"


def test_ssrf_a_redirect_to_a_private_address_is_refused(stub, http):
    stub.get("/", Answer(status=302, headers={"Location": "http://169.254.169.254/latest"}))
    with pytest.raises(NotPermitted, match=r"169\.254\.169\.254"):
        http.get(stub.url)


def test_private_hosts_are_compared_whole_never_by_suffix(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("10.0.0.1", 80))])
    door = Door(frozenset({"Wiki.Example."}))
    assert door.addresses("wiki.example", 80)
    for host in ("evil-wiki.example", "wiki.example.evil.example", "example"):
        with pytest.raises(NotPermitted):
            door.addresses(host, 80)


def test_of_several_addresses_only_public_ones_are_dialled(monkeypatch):
    found = [(2, 1, 6, "", ("10.0.0.1", 80)), (2, 1, 6, "", ("8.8.8.8", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert Door().addresses("mixed.example", 80) == found[1:]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://files.example/",
        "gopher://x/",
        "data:text/plain,x",
        "news.example/feed",
        "",
        "http://",
        "http://[::1",
        "http://a\x00b/",
        "//x",
    ],
)
def test_only_web_addresses_are_fetched(url, http):
    with pytest.raises((Rejected, Unavailable)):
        http.get(url)


def test_a_redirect_out_of_the_web_is_refused(stub, http):
    stub.get("/", Answer(status=302, headers={"Location": "file:///etc/passwd"}))
    with pytest.raises(Rejected, match="http or https"):
        http.get(stub.url)


def test_a_name_or_password_in_the_address_is_refused(stub, http):
    stub.get("/", Answer(status=302, headers={"Location": stub.url.replace("//", "//ada:hunter2@") + "/x"}))
    for url in ("http://ada:hunter2@127.0.0.1/", stub.url):
        with pytest.raises(Rejected, match="password") as caught:
            http.get(url)
        assert "hunter2" not in str(caught.value)


def test_endless_redirects_end(stub, http):
    stub.get("/", Answer(status=301, headers={"Location": "/"}))
    with pytest.raises(Rejected, match="redirecting"):
        http.get(stub.url + "/")
    assert len(stub.hits) == 6


def test_the_tests_themselves_reach_nothing_beyond_loopback():
    with socket.socket() as outside, pytest.raises((RuntimeError, UserWarning), match="allowed"):
        outside.connect(("192.0.2.1", 9))


def test_keys_in_headers_do_not_follow_a_redirect_to_another_host(http):
    with serving() as first, serving() as second:
        first.get("/", Answer(status=302, headers={"Location": second.url + "/landed"}))
        second.get("/landed", Answer(body=b"ok"))
        http.get(
            first.url + "/", headers={"X-Api-Key": "planted", "Authorization": "Bearer planted", "Cookie": "planted"}
        )
        assert "planted" in first.hits[0].headers["x-api-key"]
        assert "planted" not in str(second.hits[0].headers)


def test_cookies_are_not_kept(stub, http):
    stub.get("/", Answer(body=b"", headers={"Set-Cookie": "track=1"}))
    http.get(stub.url + "/")
    http.get(stub.url + "/")
    assert "cookie" not in stub.hits[1].headers


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_over_the_limit_is_refused_as_it_arrives(stub, http, packed):
    body = bytes(5_000_000)
    stub.get(
        "/",
        Answer(body=gzip.compress(body) if packed else body, headers={"Content-Encoding": "gzip"} if packed else {}),
    )
    with pytest.raises(Rejected, match="sent more than"):
        http.get(stub.url + "/")
    with pytest.raises(Rejected, match="sent more than"):
        http.session().get(stub.url + "/")


def test_a_damaged_compressed_body_is_unavailable(stub, http):
    stub.get("/", Answer(body=b"not gzip at all", headers={"Content-Encoding": "gzip"}))
    with pytest.raises(Unavailable, match="compressed"):
        http.get(stub.url + "/")


def _drip(conversation: list[bytes], pause: float):
    """Serve one connection byte by byte."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with listener, connection:
            for part in conversation:
                try:
                    connection.sendall(part)
                except OSError:
                    return
                time.sleep(pause)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/", thread


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f4\r\n",
    ],
)
def test_a_server_that_drips_is_cut_off_at_the_deadline(head):
    url, thread = _drip([head] + [b"x"] * 100, 0.05)
    started = time.monotonic()
    with (
        Fetcher(allow_private_hosts=LOOPBACK, timeout=(1, 0.2), total=0.3) as http,
        pytest.raises(Unavailable, match="too long"),
    ):
        http.get(url)
    assert time.monotonic() - started < 4
    thread.join()


def test_an_inner_deadline_only_shortens_the_outer_one():
    with deadline(0.001), deadline(100), pytest.raises(TimeoutError):
        time.sleep(0.002)
        from listeners.dialling import _Socket

        one, other = socket.socketpair()
        with one, other, _Socket(fileno=one.detach()) as guarded:
            guarded.recv_into(bytearray(1))


@pytest.mark.parametrize("fault", ["drop", "slow", "half"])
def test_no_answer_is_unavailable_and_never_shows_the_query(stub, http, fault, caplog):
    stub.fault = fault
    stub.get("/x", Answer(body=b"0123456789"))
    with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable) as caught:
        http.get(stub.url + "/x", params={"key": "planted-secret"})
    assert "planted-secret" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert "planted-secret" not in caplog.text
    assert len(stub.hits) == 1


def test_nobody_at_the_door_is_unavailable(http):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unavailable, match="cannot be reached"):
        http.get(f"http://127.0.0.1:{port}/")


def test_a_name_nobody_has_is_unavailable(http, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unavailable, match="cannot be reached"):
        http.get("http://nobody.example/")


def test_a_certificate_nobody_vouches_for_is_unavailable(http):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 this is not TLS\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(Unavailable, match="certificate"):
            http.get(f"https://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for tls.example, good until tomorrow, as a file that holds its key too."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tls.example")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("tls.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path


@contextmanager
def _serving_tls(certificate, parts: list[bytes], pause: float = 0.0, *, past_tls: bool = False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(4096)
                for part in parts:
                    os.write(secure.fileno(), part) if past_tls else secure.sendall(part)
                    time.sleep(pause)
                while past_tls and secure.recv(4096):
                    pass  # closing on what was not read yet would reset the connection before its fault is read

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.fixture
def resolving(monkeypatch):
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **named: real("127.0.0.1", *rest, **named))


NAMES = frozenset({"tls.example", "other.example"})
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_tls_goes_to_the_pinned_address_and_is_verified_by_name(certificate, resolving, monkeypatch):
    monkeypatch.setattr("listeners.http.tls_context", lambda: tls_context(str(certificate)))
    with Fetcher(allow_private_hosts=NAMES) as http:
        with _serving_tls(certificate, [OK]) as port:
            assert http.get(f"https://tls.example:{port}/").body == b"ok"
        with _serving_tls(certificate, [OK]) as port, pytest.raises(Unavailable, match="certificate"):
            http.get(f"https://other.example:{port}/")


def test_tls_is_verified_whatever_a_client_library_asks(certificate, resolving):
    refused = pytest.raises(requests.exceptions.SSLError)
    with Fetcher(allow_private_hosts=NAMES) as http, _serving_tls(certificate, [OK]) as port, refused:
        http.session().get(f"https://tls.example:{port}/", verify=False)


def test_of_tls_errors_only_a_refused_certificate_is_known_to_have_done_nothing(certificate, resolving, monkeypatch):
    monkeypatch.setattr("listeners.http.tls_context", lambda: tls_context(str(certificate)))
    with Fetcher(allow_private_hosts=NAMES) as http:
        with _serving_tls(certificate, [OK]) as port, pytest.raises(requests.exceptions.SSLError) as refused:
            http.session().post(f"https://other.example:{port}/", json={})
        assert never_sent(refused.value)
        with (
            _serving_tls(certificate, [b"this is no TLS record"], past_tls=True) as port,
            pytest.raises(requests.RequestException) as broken,
        ):
            http.session().post(f"https://tls.example:{port}/", json={})
        assert isinstance(broken.value, requests.exceptions.SSLError)
        assert not never_sent(broken.value)


def test_a_redirect_is_followed_for_reads_only(stub, http):
    for method in ("GET", "POST", "PUT", "DELETE"):
        stub.on(method, "/here", Answer(status=307, headers={"Location": "/there"}))
        stub.on(method, "/there", Answer(body=b"ok"))
    session = http.session()
    assert session.get(stub.url + "/here").content == b"ok"
    for method in ("POST", "PUT", "DELETE"):
        assert session.request(method, stub.url + "/here").status_code == 307
        assert stub.count(method, "/there") == 0
    with httpx.Client(transport=http.httpx_transport(), follow_redirects=True) as client:
        assert client.get(stub.url + "/here").content == b"ok"
        assert client.post(stub.url + "/here").status_code == 307
    assert stub.count("POST", "/there") == 0


def test_an_answer_too_large_to_read_says_nothing_about_what_was_done(stub):
    stub.post("/", Answer(body=b"x" * 2000))
    with Fetcher(allow_private_hosts=LOOPBACK, max_bytes=1000) as http, pytest.raises(OutcomeUnknown):
        http.session().post(stub.url + "/")


@pytest.mark.parametrize("told", [None, "", "soon", "9" * 400, "nan", "-inf"])
def test_an_odd_end_of_a_limit_is_not_known(told):
    assert unix_instant(told) is None


def test_the_end_of_a_limit_is_never_more_than_a_day_away():
    now = datetime.now(UTC)
    assert unix_instant(str(int(now.timestamp()) + 60)) == now.replace(microsecond=0) + timedelta(minutes=1)
    assert unix_instant("9999999999") - now <= timedelta(days=1, seconds=1)


def test_a_server_that_drips_over_tls_is_cut_off_too(certificate, resolving, monkeypatch):
    monkeypatch.setattr("listeners.http.tls_context", lambda: tls_context(str(certificate)))
    parts = [b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", *[b"x"] * 20]
    with (
        Fetcher(allow_private_hosts=NAMES, timeout=(1, 0.2), total=0.3) as http,
        _serving_tls(certificate, parts, 0.05) as port,
        pytest.raises(Unavailable, match="too long"),
    ):
        http.get(f"https://tls.example:{port}/")


def test_the_environment_changes_nothing(stub, http, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    stub.get("/", Answer(body=b"ok"))
    assert http.get(stub.url + "/").body == b"ok"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Rejected),
        (401, CredentialsExpired),
        (402, QuotaExhausted),
        (403, NotPermitted),
        (404, Gone),
        (408, Unavailable),
        (410, Gone),
        (422, Rejected),
        (429, RateLimited),
        (451, NotPermitted),
        (500, Unavailable),
        (503, Unavailable),
        (599, Unavailable),
    ],
)
def test_a_status_says_what_to_do_next(status, error):
    response = Response(status=status, headers={}, body=b"", url="https://api.example/x?key=planted-secret")
    with pytest.raises(error, match=r"api\.example") as caught:
        raise_for_status(response)
    assert "planted" not in str(caught.value)
    assert "planted" not in repr(response)


@pytest.mark.parametrize("status", [200, 204, 304])
def test_good_news_is_passed_on(status):
    response = Response(status=status, headers={}, body=b"", url="https://api.example/")
    assert raise_for_status(response) is response


def test_a_503_that_names_a_time_is_a_rate_limit():
    response = Response(status=503, headers={"Retry-After": "60"}, body=b"", url="https://api.example/")
    with pytest.raises(RateLimited) as caught:
        raise_for_status(response, now=NOW)
    assert caught.value.until == NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("told", "until"),
    [
        ("30", NOW + timedelta(seconds=30)),
        ("0", NOW),
        ("1.5", NOW + timedelta(seconds=1.5)),
        ("999999999", NOW + timedelta(days=1)),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), NOW + timedelta(minutes=5)),
        (format_datetime(NOW - timedelta(minutes=5), usegmt=True), NOW),
        (format_datetime(NOW + timedelta(days=900), usegmt=True), NOW + timedelta(days=1)),
        ("soon", None), ("-5", None), ("", None), ("１２", None), ("9" * 400, None),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_both_forms_and_bounded(told, until):
    assert retry_at({"retry-AFTER": told}, now=NOW) == until


@given(st.text(max_size=40))
def test_any_retry_after_is_an_instant_within_a_day_or_nothing(told):
    found = retry_at({"Retry-After": told}, now=NOW)
    assert found is None or NOW <= found <= NOW + timedelta(days=1)


def test_html_where_json_was_due_is_unavailable():
    response = Response(
        status=200, headers={"content-type": "text/html"}, body=b"<html>", url="https://api.example/?key=planted"
    )
    with pytest.raises(Unavailable, match="text/html") as caught:
        response.json()
    assert "planted" not in str(caught.value)


def test_a_session_for_client_libraries_has_the_same_guard(stub):
    with Fetcher() as http, pytest.raises(NotPermitted):
        http.session().get(stub.url, timeout=1)


def test_a_session_cuts_off_a_client_library_that_would_wait_longer(stub, http):
    stub.fault = "slow"
    started = time.monotonic()
    with pytest.raises(requests.Timeout):
        http.session().post(stub.url, timeout=16)
    assert time.monotonic() - started < 8
    assert len(stub.hits) == 1


def test_an_httpx_client_goes_through_the_same_guard(stub, http):
    stub.post("/x", lambda hit: Answer(json={"got": hit.json()}, headers={"X-Limit": "1"}))
    with httpx.Client(transport=http.httpx_transport()) as client:
        answer = client.post(stub.url + "/x", json={"a": 1})
        assert answer.json() == {"got": {"a": 1}}
        assert answer.headers["x-limit"] == "1"
    with Fetcher() as strict, httpx.Client(transport=strict.httpx_transport()) as client, pytest.raises(NotPermitted):
        client.get(stub.url)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("drop", httpx.RemoteProtocolError), ("slow", httpx.ReadTimeout), ("half", httpx.RemoteProtocolError)],
)
def test_an_httpx_client_gets_httpx_errors(stub, http, fault, error):
    stub.fault = fault
    stub.get("/", Answer(body=b"0123456789"))
    with httpx.Client(transport=http.httpx_transport()) as client, pytest.raises(error):
        client.get(stub.url + "/")
    assert len(stub.hits) == 1


def test_only_a_call_that_never_left_is_known_to_have_done_nothing(stub, http):
    session = http.session()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(requests.ConnectionError) as refused:
        session.post(f"http://127.0.0.1:{port}/")
    assert never_sent(refused.value)
    for fault in ("drop", "slow"):
        stub.fault = fault
        with pytest.raises(requests.RequestException) as lost:
            session.post(stub.url + "/")
        assert not never_sent(lost.value)
