"""HTTP: pages, fragments, hooks and health."""
