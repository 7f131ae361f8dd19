"""`python -m tests.web.fake_server [PORT] [SECONDS] [RATE]`: the server over the fake library, opened after SECONDS.

Each browser tab may ask at RATE. What concerns proxies is read from TENKYO_* variables, platforms from LTI_FOLDER,
which register with LTI_TOKEN. With COURSE_SECRET, what is served is the closed course `law`; with DESK_INDEX, the desk
of that index. Only the sites in EMBED_ORIGINS may show the widget. With NO_CHAT, Gradio is never loaded: the chat is
said to be opened all the time, and the rest is served at a third of the cost.
"""

import os
import sys
import threading
import time
from pathlib import Path

from app.cli import end_process
from app.settings import read_settings
from app.web.chat import mount
from app.web.chat.loading import Mounted
from app.web.courses.course import Course
from app.web.courses.passes import Door, Key
from app.web.guard.rates import Rates
from app.web.lti.routes import Lti
from app.web.server.courses import Courses
from app.web.server.server import AppOptions, Starter, create_app, serve
from app.web.service.service import Service
from app.web.teach.desk import Desk
from tests.web.fake_library import FakeLibrary


def load_never(_service: Service, _folder: str) -> Mounted:
    """In the place of what loads Gradio."""
    threading.Event().wait()
    raise AssertionError


def main(port: int = 0, seconds: float = 0.0, rate: str = "5000/minute") -> None:
    """Serves until Ctrl-C."""

    def open_library() -> FakeLibrary:
        time.sleep(seconds)
        return FakeLibrary()

    starters = [
        Starter("ja", "そばはどこで広まったか"),
        Starter("ja", "ラーメンが広まったのはいつか。そばの値段はいくらか"),
        Starter("en", "How hot should the water for green tea be?"),
        Starter("zh", "绿茶 (tea) 的水温是多少？"),
        Starter("zh", "绿茶是什么？"),
        Starter("ko", "녹차(tea)의 물 온도는?"),
    ]
    if "NO_CHAT" in os.environ:
        mount.mount_chat = load_never
    rates = Rates(rate, "5000/minute", "5000/minute")
    settings = read_settings({})
    secret = os.environ.get("COURSE_SECRET", "").encode()
    door = Door("law", Key("HS256", secret)) if secret else None
    app = create_app(
        open_library,
        AppOptions(
            starters=starters,
            rates=rates,
            embed_origins=os.environ.get("EMBED_ORIGINS", "*").split(","),
            hosts=settings.allowed_hosts,
            proxies=settings.trusted_proxies,
            root_path=settings.root_path,
            feedback=settings.index if settings.feedback else None,
            lti=Lti(Path(os.environ["LTI_FOLDER"]), os.environ.get("LTI_TOKEN", ""))
            if "LTI_FOLDER" in os.environ
            else None,
            desk=Desk(Path(os.environ["DESK_INDEX"])) if "DESK_INDEX" in os.environ else None,
            doors={"law": door} if door else {},
            course=Course(name="law") if door else Course(),
        ),
    )
    serve(Courses({"law": app}, {"law": door}) if door else app, "127.0.0.1", port)


def run(*arguments: str) -> None:
    """Serves with these arguments of the command until Ctrl-C, and ends this process."""
    try:
        main(*(kind(value) for kind, value in zip((int, float, str), arguments, strict=False)))
    except KeyboardInterrupt:
        end_process(130)


if __name__ == "__main__":
    run(*sys.argv[1:])
