"""People across channels: which accounts may be one person's, and all that is known of one."""
