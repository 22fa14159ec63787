"""The business: what is stored, who is answered first, what is announced."""
