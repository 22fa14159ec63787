"""One case: everything said, everything done, and what can be done next."""
