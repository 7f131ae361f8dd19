"""Files of questions: read, checked, drafted, written as a table or as JSON Lines."""
