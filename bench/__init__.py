"""Measured figures: ratios taken in one run on one machine. Run with `python -m bench.NAME`."""
