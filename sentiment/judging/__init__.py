"""Judges a model on labelled rows: figures with intervals, beside baselines. Serving never imports this."""
