"""The queue: who to answer first, live."""
