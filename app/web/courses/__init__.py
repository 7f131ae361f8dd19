"""What a teacher sets for a course, and who may ask in a closed one."""
