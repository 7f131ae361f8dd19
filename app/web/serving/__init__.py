"""Sockets and the first steps of a request: connections and their limits, the path of a proxy, the log."""
