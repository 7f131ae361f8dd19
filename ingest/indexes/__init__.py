"""Whole indexes: several merged into one, and one as an archive file."""
