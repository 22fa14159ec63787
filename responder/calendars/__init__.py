"""Business hours: calendars, what is promised by class and channel, and the clocks of a case."""
