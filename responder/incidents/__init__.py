"""Near-same complaints of several people become one incident, with its voices and one statement to approve."""
