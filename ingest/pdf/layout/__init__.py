"""The reading process: characters with their positions → lines and tables of each page, in reading order."""
