"""A fetched web page: its text, its publication, its links, and whether something else stands in its place."""
