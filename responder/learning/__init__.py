"""Learning from people: their corrections, the gold made of them, and which model may score."""
