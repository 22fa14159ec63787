"""What the business refuses, named for what the person does next. Only `webapp.errors` knows status codes.

::

    ResponderError
    ├── Invalid       what was given cannot be used; mend it
    ├── NotFound      there is no such thing, or not for this person
    ├── NotAllowed    this person may not do it
    └── Conflict      somebody or something was faster; look again
"""

from __future__ import annotations


class ResponderError(Exception):
    """Anything the business refuses. The message is a sentence for the person who reads it."""


class Invalid(ResponderError):
    """What was given cannot be used. `faults` lists every fault with its fix, so that all can be mended at once."""

    def __init__(self, *faults: str) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class NotFound(ResponderError):
    """There is no such thing, or it belongs to another brand: the two look the same from outside on purpose."""


class NotAllowed(ResponderError):
    """The person lacks the right; an admin can give it."""


class Conflict(ResponderError):
    """The thing changed meanwhile; look at it again and decide anew."""
