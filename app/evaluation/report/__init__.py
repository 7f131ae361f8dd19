"""HTML reports of evaluation runs and comparisons."""
