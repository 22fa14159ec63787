"""May we answer here: what each platform lets us do about a mention, by its rules (rules.toml) and what is known."""
