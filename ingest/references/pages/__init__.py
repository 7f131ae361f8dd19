"""Fetched web pages: their text, publication data and links, and detection of soft 404s."""
