"""What a class asks, counted without names, addresses or cookies, where the teacher wants it."""
