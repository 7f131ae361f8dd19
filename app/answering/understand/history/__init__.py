"""A question in its conversation: completed from the questions before it if it does not stand alone."""
