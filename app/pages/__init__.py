"""The pages for people: templates, the source page and what it shows, errors, and the static files."""
