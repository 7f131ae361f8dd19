"""A listening socket with a limit on open connections.

asyncio accepts several batches of connections before it tells the protocol of the first, and each takes a descriptor.
"""

import socket
from typing import Any


class Listener(socket.socket):
    """A second handle of a listening socket. At the limit, connections wait in the system's queue until one is closed.

    The event loop then asks again at once, which costs little: `Connections` ends those that are too many as soon as
    it is told of them, so that the limit, which leaves room for them, is passed within a few turns of the loop.
    """

    def __init__(self, listening: socket.socket, most: int) -> None:
        super().__init__(listening.family, listening.type, listening.proto, fileno=listening.dup().detach())
        self._most = most
        self.open = 0  # connections, whether anybody was told of them or not

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection; raises BlockingIOError where there is none, or no room for one."""
        if self.open >= self._most:
            raise BlockingIOError
        accepted, address = super().accept()
        return _Accepted(accepted, self), address


class _Accepted(socket.socket):
    """A connection, which is counted until it is closed."""

    _listener: Listener | None = None

    def __init__(self, accepted: socket.socket, listener: Listener) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self._listener = listener
        listener.open += 1

    def close(self) -> None:
        """Closes it."""
        super().close()
        if self._listener is not None:
            self._listener.open -= 1
            self._listener = None

    def __del__(self) -> None:
        self.close()
