"""Questions drafted from Japanese sentences."""
