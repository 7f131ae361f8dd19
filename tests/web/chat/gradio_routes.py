"""`python -m tests.web.chat.gradio_routes FILE`: the server over the fake library, which writes down what Gradio has.

FILE gets the routes and events of the mounted Gradio, as JSON, before the chat is opened.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from app.web.chat import mount
from app.web.chat.loading import Mounted, mount_chat
from app.web.service.service import Service
from tests.web import fake_server


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


def mount_and_tell(service: Service, folder: str) -> Mounted:
    """Gradio, of which the file is told."""
    mounted = mount_chat(service, folder)
    told = {
        "routes": list(flat(mounted.app.routes)),
        "events": {one.kind: one.fn_index for one in mounted.events.values()},
        "launched": mounted.blocks.has_launched,
    }
    Path(sys.argv[1]).write_text(json.dumps(told), encoding="utf-8")
    return mounted


if __name__ == "__main__":
    mount.mount_chat = mount_and_tell
    fake_server.run()
