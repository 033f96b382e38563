"""The proof: a manifest is still true before it is carried out, and nothing is left after it."""
