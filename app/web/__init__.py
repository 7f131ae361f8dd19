"""What `tenkyo serve` serves: chat page, widget, HTTP API and source pages."""
