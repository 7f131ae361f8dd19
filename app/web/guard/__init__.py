"""What every request passes before anything answers: host, origin, size, rate, and the gate of the chat."""
