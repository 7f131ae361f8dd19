"""The quality page of the desk: the course's question file, and evaluations with it."""
