"""Settings: sources, watches, people, the model."""
