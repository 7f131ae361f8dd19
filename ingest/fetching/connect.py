"""Connections to a validated IP address, with a deadline.

Written here on purpose: HTTP clients resolve the name again when they connect, so a name that was public when it was
checked can lead to a private address a moment later (DNS rebinding). This module connects to the validated address.
"""

import functools
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore

from ingest.fetching.address import check_reachable, is_ip
from ingest.fetching.fetched import FetchError, Resolver, Wire
from ingest.fetching.outcomes import outcome

SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


@functools.cache
def trusted_tls() -> ssl.SSLContext:
    """TLS with the certificates of the system and of certifi; takes about 0.1 s to load."""
    return httpcore.default_ssl_context()


def system_resolve(host: str, port: int) -> list[str]:
    """Resolve a name with the system's resolver. Raises OSError if the name has no address."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class PinnedNetwork(httpcore.NetworkBackend):
    """Resolves once per connection, validates every address, connects to a validated IP; TLS verifies the name."""

    def __init__(self, wire: Wire, allow_hosts: frozenset[str], deadline: float) -> None:
        self._resolve = wire.resolve or system_resolve
        self._network = wire.network or httpcore.SyncBackend()
        self._allow_hosts = allow_hosts
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that accepts, within `timeout` seconds in total."""
        end = min(self._deadline, time.monotonic() + (timeout or 0.0))
        resolved = [host] if is_ip(host) else _resolve(self._resolve, host, port, end)
        addresses = check_reachable(host, port, resolved, self._allow_hosts)
        for index, address in enumerate(addresses):
            left = (end - time.monotonic()) / (len(addresses) - index)
            try:
                stream = self._network.connect_tcp(address, port, max(left, 0.05), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if index == len(addresses) - 1:
                    raise
                continue
            return _DeadlineStream(stream, self._deadline)
        raise AssertionError("check_reachable returns at least one address")


class _DeadlineStream(httpcore.NetworkStream):
    """A stream with one deadline for all reads and writes: even a body that arrives byte by byte ends in time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._left(timeout))
        return _DeadlineStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _left(self, timeout: float | None) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline of this fetch has passed")
        return left if timeout is None else min(timeout, left)


def _resolve(resolve: Resolver, host: str, port: int, end: float) -> Sequence[str]:
    """Resolve in a thread that can be abandoned at the deadline: the system's resolver has no timeout."""
    answers: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(host, port))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=ask, daemon=True, name=f"resolve {host}").start()
    try:
        answer = answers.get(timeout=max(end - time.monotonic(), 0.05))
    except queue.Empty as error:
        raise FetchError("unreachable", outcome("lookup-slow", host=host)) from error
    if isinstance(answer, OSError):
        reason = str(answer.strerror or answer)
        raise FetchError("unreachable", outcome("name-unknown", host=host, reason=reason))
    return answer
