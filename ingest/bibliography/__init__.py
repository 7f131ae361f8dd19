"""Bibliographies: entries → references; in-text citations; entries that describe the same work."""
