"""A question in its conversation: made whole from the questions before it, where it does not stand alone."""
