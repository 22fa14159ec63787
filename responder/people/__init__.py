"""Who may be one person across platforms: links between accounts with their evidence, never a merge."""
