"""People of the team, their rights, and our credentials on the platforms."""
