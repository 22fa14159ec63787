"""Incidents: what several people complain of, why they stand together, and one statement adapted to each thread."""
