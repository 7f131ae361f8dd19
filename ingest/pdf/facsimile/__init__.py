"""PDF pages as printed: the file kept beside the index, pages as pictures, positions of quoted words."""
