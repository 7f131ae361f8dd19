"""Questions drafted from passages: for a teacher's file, to begin with, and to go on with after an answer."""
