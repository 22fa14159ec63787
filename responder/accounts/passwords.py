"""Passwords: hashing with argon2id, checking in constant time, and what is too weak. Stores nothing."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from responder.errors import Invalid

MIN_LENGTH = 12
MAX_LENGTH = 256
"""Characters; hashing a megabyte would be an attack on ourselves."""

# OWASP's second choice of parameters: 19 MiB for each sign-in keeps eight at once small beside the web process.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str, *, email: str = "") -> str:
    """Return the argon2id hash of a password. Raises Invalid naming everything that makes it too weak."""
    if faults := _weaknesses(password, email):
        raise Invalid(*faults)
    return _HASHER.hash(_bytes(password))


def is_right(password: str, password_hash: str | None) -> bool:
    """Tell whether a password fits a hash. None (no such person, or no password set) takes just as long to refuse."""
    try:
        _HASHER.verify(password_hash or _nobodys_hash(), _bytes(password[: MAX_LENGTH + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # whatever was typed can be hashed


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this password")


def _weaknesses(password: str, email: str) -> list[str]:
    faults = []
    if len(password) < MIN_LENGTH:
        faults.append(f"Use at least {MIN_LENGTH} characters; three or four unrelated words are easy to remember.")
    if len(password) > MAX_LENGTH:
        faults.append(f"Use at most {MAX_LENGTH} characters.")
    if password and len(set(password.casefold())) < 5:
        faults.append("Use more different characters.")
    name = email.partition("@")[0].casefold()
    if len(name) >= 4 and name in password.casefold():
        faults.append("Leave your e-mail address out of the password.")
    return faults
