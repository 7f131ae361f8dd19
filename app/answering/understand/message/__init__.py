"""A message as a student sends it: the questions in it, their parts, slips of spelling."""
