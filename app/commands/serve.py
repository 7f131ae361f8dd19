"""`tenkyo serve`: the chat page, the widget and the API, of one course or of several."""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands import whole_number
from app.settings import Settings

if TYPE_CHECKING:
    from app.composing.composer import Composer
    from app.web.courses.course import CourseSettings
    from app.web.courses.passes import Door
    from app.web.guard.clients import Tabs
    from app.web.guard.rates import Rates
    from app.web.lti.routes import Lti
    from app.web.server.course_files import CourseConfig
    from app.web.server.server import Served, WebApp
    from app.web.service.metrics import Metrics
    from app.web.service.processes import AnswerProcesses
    from app.web.service.service import AnswerSource
    from app.web.service.starters import Starter
    from app.web.teach.sessions import Logins
    from retriever.types import TenkyoError


def add_serving_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `serve`."""
    parser.add_argument("--host", metavar="ADDRESS", help="the address to serve on (default: 127.0.0.1)")
    parser.add_argument(
        "--port",
        type=whole_number(0, 65535),
        metavar="PORT",
        help="the port to serve on (default: 7860; 0: a free one)",
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        help="answer in N processes (default: 1, the server's own); more processes than cores bring nothing",
    )
    parser.add_argument(
        "--log-format", metavar="FORMAT", help="text (default), or json: one object a line, and one for each request"
    )
    parser.add_argument(
        "--root-path", metavar="PATH", help="the path under which a proxy serves the pages, such as /course"
    )
    parser.add_argument(
        "--course",
        action="append",
        default=[],
        metavar="NAME=INDEX",
        help="serve the index in the folder INDEX at /c/NAME; may be repeated; without --index, the first is at / too",
    )
    parser.add_argument(
        "--courses",
        metavar="FILE",
        help="a TOML file with a table [NAME] for each course: index, title, starters, origins, key_file …",
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"Examples for nginx, Caddy, systemd and containers:\n  {Path(__file__).parents[1] / 'deploy'}"


def serve(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo serve`, until Ctrl-C."""
    from app.web.server.course_files import read_courses
    from app.web.server.server import serve as run
    from app.web.serving.connections import ConnectionLimits

    courses = read_courses(args.course, settings.courses)
    app = served(settings, courses)
    try:
        limits = ConnectionLimits(settings.connections, settings.connections // 2)
        run(app, settings.host, settings.port, limits, settings.log_format)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the courses of a server have in common."""

    lti: "Lti"
    doors: "Mapping[str, Door | None]"
    metrics: "Metrics"
    tabs: "Tabs"
    rates: "Rates"
    logins: "Logins"
    composer: "Composer | None"
    starters: "list[Starter]"
    processes: "AnswerProcesses | None"  # None: questions are answered in this process


def served(settings: Settings, courses: "list[CourseConfig]") -> "Served":
    """The application of all courses; at the root is the index that the settings name, else the first course."""
    from app.commands import composer_of
    from app.web.guard.clients import Tabs
    from app.web.guard.rates import Rates
    from app.web.lti.routes import Lti
    from app.web.server.course_files import CourseConfig
    from app.web.server.courses import Courses
    from app.web.service.metrics import Metrics
    from app.web.teach.sessions import Logins

    if not courses or settings.names_own_index:
        courses = [CourseConfig("", settings.index), *courses]
    _warn_of_unread_platforms(settings, courses)
    tied = {course.name: course.lti for course in courses}
    shared = _Shared(
        lti=Lti(settings.platforms, settings.lti_token, settings.root_path, tied),
        doors={course.name: course.door for course in courses if course.name},
        metrics=Metrics(),
        tabs=Tabs(),
        rates=Rates(server=settings.rate_server),
        logins=Logins(),
        composer=composer_of(settings),
        starters=_bundled_starters(),
        processes=_processes(settings, courses),
    )
    apps = {course.name: _app(settings, course, shared) for course in courses}
    if list(apps) == [""]:
        return apps[""]
    closed = {name: door for name, door in shared.doors.items() if door is not None}
    return Courses(apps, closed, settings.root_path)


def _warn_of_unread_platforms(settings: Settings, courses: "list[CourseConfig]") -> None:
    """Earlier versions kept the platforms beside the index of the first course."""
    before = courses[0].index / "lti"
    if before.resolve() != settings.platforms.resolve() and (before / "platforms.json").exists():
        print(
            f"warning: the platforms in {before} are not read; the server and tenkyo lti use {settings.platforms}: "
            "move the folder there",
            file=sys.stderr,
        )


def _processes(settings: Settings, courses: "list[CourseConfig]") -> "AnswerProcesses | None":
    """The processes that answer, or None if the server answers in its own. They get no language model.

    Raises TenkyoError if no course can be opened by several processes.
    """
    if settings.workers == 1:
        return None
    from app.web.service.processes import AnswerProcesses

    refusals = [_refusal(replace(settings, index=course.index)) for course in courses]
    if refusals[0] is not None and all(refusals):
        raise refusals[0]
    quoting = replace(settings, llm_url="", llm_model="", llm_key="", llm_key_file="")
    openers = {course.name: partial(open_in_process, replace(quoting, index=course.index)) for course in courses}
    return AnswerProcesses(openers, settings.workers)


def open_in_process(settings: Settings) -> "AnswerSource":
    """The library of a course in one of several processes; raises TenkyoError if only one may have it open."""
    from app.commands import open_to_ask

    _check_shareable(settings)
    return open_to_ask(settings)


def _refusal(settings: Settings) -> "TenkyoError | None":
    """Why several processes cannot share a course; else None, also for an unreadable index (opening reports it)."""
    from retriever.index.snapshots import IndexFolderError
    from retriever.types import TenkyoError

    try:
        _check_shareable(settings)
    except (IndexFolderError, OSError):
        return None
    except TenkyoError as error:
        return error
    return None


def _check_shareable(settings: Settings) -> None:
    from retriever.index.snapshots import store_address
    from retriever.types import TenkyoError

    address = settings.store or store_address(settings.index) or ""
    if address.startswith("milvus-lite:"):
        raise TenkyoError(f"{address.partition('#')[0]} can be opened by one process only: serve with --workers 1")


def _open(settings: Settings, course: str, shared: _Shared) -> "AnswerSource":
    """The library of a course; if other processes answer, they are started once it is open."""
    from app.commands import open_library, open_to_ask

    if shared.processes is None:
        return open_to_ask(settings, shared.composer)
    from app.web.service.shared_library import SharedLibrary

    _check_shareable(settings)
    library = open_library(settings, shared.composer)
    try:
        return SharedLibrary(library, course, shared.processes)
    except BaseException:
        library.close()
        raise


def _app(settings: Settings, config: "CourseConfig", shared: _Shared) -> "WebApp":
    """The application of one course; the settings supply what the course does not set."""
    from app.web.courses.course import Course
    from app.web.guard.rates import Rates
    from app.web.insight.insight import Insight
    from app.web.server.server import AppOptions, create_app
    from app.web.teach.desk import Crawling, Desk

    course = Course(config.index, _given(settings, config), config.name, config.title)
    crawling = Crawling(frozenset(settings.fetch_hosts), settings.contact)
    tab, address = config.rate or settings.rate, config.rate_address or settings.rate_address
    return create_app(
        partial(_open, replace(settings, index=config.index), config.name, shared),
        AppOptions(
            workers=max(2, settings.workers),
            is_busy=(lambda: shared.processes is not None and shared.processes.is_busy),
            starters=shared.starters,
            host=settings.host,
            hosts=settings.allowed_hosts,
            embed_origins=settings.embed_origins if config.origins is None else config.origins,
            proxies=settings.trusted_proxies,
            # with several courses, `Courses` has already removed the root path
            root_path=settings.root_path if not shared.doors else "",
            metrics_token=settings.metrics_token,
            lti=shared.lti,
            desk=Desk(config.index, settings.admin_password, crawling, shared.logins),
            answer_seconds=settings.answer_seconds,
            course=course,
            insight=Insight(config.index, course),
            feedback=config.index if settings.feedback else None,
            rates=Rates(tab, address, of_server=shared.rates),
            metrics=shared.metrics,
            tabs=shared.tabs,
            doors=shared.doors,
        ),
    )


def _given(settings: Settings, config: "CourseConfig") -> "CourseSettings":
    """A course's settings until its teacher changes them."""
    from app.web.courses.course import CourseSettings

    return CourseSettings(greeting=config.greeting, starters=config.starters, originals=settings.serve_originals)


def _bundled_starters() -> "list[Starter]":
    """Questions on the bundled paper, for an index that holds it."""
    import corpus
    from app.web.service.starters import Starter

    manifest = corpus.manifest()
    bundled = frozenset(document.id for document in manifest.documents)
    return [Starter(example.lang, example.question, bundled) for example in manifest.examples]
