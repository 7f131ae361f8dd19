"""The server that `tenkyo serve` starts: one application, or one for each of several courses."""
