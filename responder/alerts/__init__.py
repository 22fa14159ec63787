"""Telling people at once, and once: which mentions deserve it, and their delivery."""
