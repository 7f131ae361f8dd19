"""From sources (files, folders, addresses) to documents, passages and the index."""
