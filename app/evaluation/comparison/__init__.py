"""What two runs over the same questions differ in."""
