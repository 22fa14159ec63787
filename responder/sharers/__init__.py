"""Who tells everyone: features of people's past tellings, a score of them, and how well it foretells."""
