"""The checks that every request passes before a route answers: host, origin, size, rate, and the chat's gate."""
