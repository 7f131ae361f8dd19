"""Bibliographies: entries → references, and the citations of them in the text."""
