"""The pages of a PDF as they are printed: the file kept beside the index, its pages as pictures, places of words."""
