"""The platforms: reading from them, and speaking on them. Knows no database and no web framework."""
