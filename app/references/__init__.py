"""The works that the documents cite, as commands and pages show them."""
