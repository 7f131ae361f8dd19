"""The library behind the pages: opened in the background, asked from bounded threads; starters and metrics."""
