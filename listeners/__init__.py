"""The platforms: reading from them, and speaking on them. Knows no database and no web framework.

Begin at `mentions` (the nouns), `capabilities` (what a source can do) and `registry` (which sources there are).
`queries` says what to look for, `pages` and `errors` what may come back, `http` is the only way out to the network,
`files` reads imports. Each platform is one file under `sources`.
"""
