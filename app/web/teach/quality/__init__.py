"""The quality page of the desk: a question file of the course, and evaluations."""
