"""Whether we are alive, ready, and how busy."""
