"""One run of an ingest: sources that a user names → files → plan of changes → batches, read by several processes."""
