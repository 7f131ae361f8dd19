"""Sources that a user names → files to read → the plan of changes to the index. Also: an index as one archive file."""
