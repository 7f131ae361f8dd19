"""Entries of a bibliography → the full texts that their addresses lead to, and what became of each."""
