"""From platforms to cases: fetch, store, score, triage. Nothing is lost and nothing is stored twice."""
