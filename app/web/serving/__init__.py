"""Sockets and the first steps of a request: limits on connections, a proxy's path prefix, the log."""
