"""Turn a conversation, which only the browser keeps, into a file to download; the server stores none of it."""
