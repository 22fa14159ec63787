"""Texts in, opinions out. Knows no database, no platform and no web framework."""
