"""The reading process: characters with their places → lines and tables of each page, in reading order."""
