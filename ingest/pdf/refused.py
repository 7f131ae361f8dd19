"""Why the reading process gives a PDF up; the loader raises it again as a SourceError."""


class RefusedError(Exception):
    """`reason` is one of SourceError's words, the message its line."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
