"""What a user names → files to read, and the plan of what they change in the index; whole indexes as one file."""
