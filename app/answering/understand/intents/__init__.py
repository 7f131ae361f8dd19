"""Which kind of question it is: about the text, about sources, about a whole document, or small talk."""
