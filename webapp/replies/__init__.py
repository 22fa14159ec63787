"""Answering on the case page: written, checked, approved, called back, looked for, mended."""
