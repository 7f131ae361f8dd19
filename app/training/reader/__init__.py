"""A reader: the embedded encoder reads a question and a passage together and says whether and where it answers."""
