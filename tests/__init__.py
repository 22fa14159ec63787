"""The tests mirror the tree. One package, so that helpers such as `tests.listeners.stub` can be imported by name."""
