"""A document as a page: its text with the passages marked, and pictures of its PDF's pages."""
