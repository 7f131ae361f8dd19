"""Questions drafted from English sentences."""
