"""Makes a sentiment model from labelled rows: reading, training, export. Needs torch and transformers."""
