"""The work: how cases move, who comes first and why, and the queue people see."""
