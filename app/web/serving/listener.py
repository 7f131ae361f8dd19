"""A listening socket with a limit on open connections.

asyncio accepts several batches of connections before the protocol learns of the first; each takes a file descriptor.
"""

import socket
from typing import Any


class Listener(socket.socket):
    """A duplicate of a listening socket. At the limit, connections wait in the system's queue until one is closed.

    Meanwhile the event loop retries at once. That lasts only a few turns of the loop: `Connections` closes surplus
    connections as soon as it learns of them, and its own limits are lower than this one.
    """

    def __init__(self, listening: socket.socket, most: int) -> None:
        super().__init__(listening.family, listening.type, listening.proto, fileno=listening.dup().detach())
        self._most = most
        self.open = 0  # connections, including those that the protocol has not learnt of yet

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection; raises BlockingIOError if there is none or the limit is reached."""
        if self.open >= self._most:
            raise BlockingIOError
        accepted, address = super().accept()
        return _Accepted(accepted, self), address


class _Accepted(socket.socket):
    """A connection that counts as open until it is closed."""

    _listener: Listener | None = None

    def __init__(self, accepted: socket.socket, listener: Listener) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self._listener = listener
        listener.open += 1

    def close(self) -> None:
        """Closes the connection and no longer counts it."""
        super().close()
        if self._listener is not None:
            self._listener.open -= 1
            self._listener = None

    def __del__(self) -> None:
        self.close()
