"""What is set for a course, and several courses in one server."""
