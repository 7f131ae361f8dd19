"""`python -m tests.web.chat.gradio_routes`: the routes and events of the mounted Gradio, as JSON."""

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from app.web.chat.loading import mount_chat
from app.web.service.metrics import Metrics
from app.web.service.service import Service
from tests.web.fake_library import FakeLibrary


def flat(routes: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every route, those of included routers and mounted applications too."""
    for route in routes:
        if hasattr(route, "effective_candidates"):  # FastAPI's included router
            yield from flat(route.effective_candidates(), prefix)
        elif hasattr(route, "routes"):  # a mounted application
            yield from flat(route.routes, prefix + route.path)
        else:
            for method in sorted(route.methods or ["GET"]):
                yield method, prefix + route.path


def main() -> None:
    """Prints both."""
    with tempfile.TemporaryDirectory() as folder:
        mounted = mount_chat(Service(FakeLibrary, Metrics()), folder)
        print(
            json.dumps(
                {
                    "routes": list(flat(mounted.app.routes)),
                    "events": {one.kind: one.fn_index for one in mounted.events.values()},
                    "launched": mounted.blocks.has_launched,
                }
            )
        )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
