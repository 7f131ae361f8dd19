"""A conversation, which only the browser keeps, as a file to take away: nothing that is sent here is stored."""
