"""What a platform can answer besides success, named for what the caller must do next.

::

    SourceError
    ├── TryLater            the job waits, then tries again
    │   ├── RateLimited     … not before `until`
    │   └── Unavailable     … the platform or the way to it is down
    ├── Refused             do not try again; tell the person, keep what they wrote
    │   ├── NotPermitted    we lack the right
    │   ├── Rejected        the platform did not want this content
    │   ├── Gone            the thing is no longer there
    │   └── TooLong         over the platform's limit
    ├── ConnectionBroken    pause the connection, tell an admin, keep the cursors
    │   ├── CredentialsExpired
    │   └── AccountSuspended
    ├── QuotaExhausted      the paid or daily allowance is used up, until `until` (None: until someone raises it)
    └── OutcomeUnknown      the platform may or may not have acted: look, never repeat

Adapters translate a library's exceptions at the call (`raise … from error`). Messages are written for the person who
reads them, and never hold texts of mentions, handles or secrets.
"""

from __future__ import annotations

from datetime import datetime


class SourceError(Exception):
    """Anything a source could not do. Catch a subclass: each says what to do next."""


class TryLater(SourceError):
    """Nothing is wrong with the request; waiting is enough."""


class RateLimited(TryLater):
    """The platform asks us to slow down.

    `until` is the aware UTC instant before which asking again is pointless; None when the platform did not say.
    """

    def __init__(self, message: str, *, until: datetime | None = None) -> None:
        super().__init__(message)
        self.until = until


class Unavailable(TryLater):
    """The platform, or the network on the way to it, did not answer as it should."""


class Refused(SourceError):
    """The platform said no, and will say no again."""


class NotPermitted(Refused):
    """Our account or our keys do not have this right."""


class Rejected(Refused):
    """The platform did not accept what was sent (bad query, duplicate, blocked content)."""


class Gone(Refused):
    """The item no longer exists, or is no longer shown to us."""


class TooLong(Refused):
    """The text is over the platform's limit. Nothing is ever cut when sending."""


class ConnectionBroken(SourceError):
    """Our credentials no longer work. Pause the connection and tell an admin."""


class CredentialsExpired(ConnectionBroken):
    """Keys or tokens were refused: sign in again or renew them."""


class AccountSuspended(ConnectionBroken):
    """The platform closed or froze our account."""


class QuotaExhausted(SourceError):
    """The paid or daily allowance is used up.

    `until` is the aware UTC instant at which it renews; None when only a person can raise it.
    """

    def __init__(self, message: str, *, until: datetime | None = None) -> None:
        super().__init__(message)
        self.until = until


class OutcomeUnknown(SourceError):
    """A publishing call ended without an answer: the text may stand in public. Look for it; never send again."""
