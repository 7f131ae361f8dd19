"""`tenkyo embed`: the snippet for a course page, where to paste it, and what the course's system strips from it."""

import argparse
import html
import sys
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from urllib.parse import urlsplit

from app.commands import whole_number
from app.pages.labels.texts import LANGUAGES
from app.settings import Settings
from retriever.types import TenkyoError


@dataclass(frozen=True, slots=True)
class System:
    """How to put the widget into a system that shows course pages.

    `snippet` holds {address} (of the server, with a slash at its end), {language} and {title}; `where` is the place to
    paste it, `strips` what the system removes.
    """

    name: str
    snippet: str
    where: str
    strips: str


_SCRIPT = '<script src="{address}widget.js" data-lang="{language}" async></script>'
# as wide as the column of a phone and as high as its screen allows
_FRAME = (
    '<iframe src="{address}widget?lang={language}" title="{title}" '
    'style="width: 100%; height: 600px; max-height: 90vh; border: 0" loading="lazy"></iframe>'
)
_TITLES = {"ja": "文書への質問", "en": "Ask the documents", "zh": "向文献提问", "ko": "문서에 질문하기"}

SYSTEMS = {
    "html": System(
        "A page of your own",
        _SCRIPT,
        "before </body> of each page; a button appears in the corner",
        "nothing, unless the page sends a Content-Security-Policy: then add the server to script-src and frame-src",
    ),
    "moodle": System(
        "Moodle",
        _FRAME,
        "in a Page or a Text and media area: Tools > Source code (</>) in the editor, paste, save",
        "the editor removes <script>; <iframe> stays if the author is trusted (teachers are). For a button on "
        "every page, an administrator puts the line that `--lms html` prints under Appearance > Additional HTML",
    ),
    "canvas": System(
        "Canvas",
        _FRAME,
        "in a Page: Edit > HTML editor (</>), paste, save",
        "<script>, always; <iframe> with width, height and style stays",
    ),
    "wordpress": System(
        "WordPress",
        _FRAME,
        'in a block "Custom HTML"',
        "<script> and <iframe> for authors without the right unfiltered_html (on a multisite all but super "
        "administrators): ask one of them to paste it",
    ),
    "sphinx": System(
        "Sphinx",
        'html_js_files = [("{address}widget.js", {{"async": "async", "data-lang": "{language}"}})]',
        "in conf.py; a button appears on every page",
        "nothing",
    ),
    "mkdocs": System(
        "MkDocs",
        "extra_javascript:\n  - path: {address}widget.js\n    async: true",
        "in mkdocs.yml (MkDocs 1.5 or newer); a button appears on every page, in the language of the page",
        "attributes such as data-lang: to set some, override the block `scripts` of the theme's main.html instead and "
        "paste there what `--lms html` prints",
    ),
}


def add_embed_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `tenkyo embed`."""
    parser.add_argument(
        "--host",
        dest="site",
        required=True,
        metavar="URL",
        help="the address of the server: https://tenkyo.example.org",
    )
    parser.add_argument(
        "--lms", choices=sorted(SYSTEMS), default="html", help="the system that shows the course page (default: html)"
    )
    parser.add_argument("--course", metavar="NAME", default="", help="the course, where the server has several")
    parser.add_argument(
        "--signed", action="store_true", help="for a closed course: leave a place for the token, and say what it holds"
    )
    parser.add_argument(
        "--sign-with",
        metavar="KEYFILE",
        type=Path,
        help="for a closed course: put in a token signed with this secret or private key, to try it",
    )
    parser.add_argument(
        "--hours",
        type=whole_number(1, 24),
        default=1,
        metavar="N",
        help="hours until that token ends (default: %(default)s)",
    )
    parser.add_argument(
        "--audience",
        default="tenkyo",
        metavar="TEXT",
        help="the token's audience, as the course sets it (default: tenkyo)",
    )
    parser.add_argument("--lang", choices=LANGUAGES, default="ja", help="language of the widget (default: %(default)s)")


def embed(args: argparse.Namespace, _: Settings) -> int:
    """`tenkyo embed`: the snippet alone on stdout, what to do with it on stderr."""
    system = SYSTEMS[args.lms]
    token = _token(args, system)
    address = _address_of(args)
    is_html = system.snippet.startswith("<")
    values = {
        "address": html.escape(address) if is_html else address,
        "language": args.lang,
        "title": _TITLES[args.lang],
    }
    print(_with_token(system.snippet.format(**values), token))
    print(f"\n{system.name}: {system.where}.\nRemoved there: {system.strips}.", file=sys.stderr)
    if token:
        print(_about_token(args), file=sys.stderr)
    place = "TENKYO_EMBED_ORIGINS"
    if args.course:
        place = f"`origins` of [{args.course}] in the courses' file or, where there are none, in {place}"
    print(
        f"Start the server with the course's site in {place} (https://course.example.org), or browsers "
        f"refuse to show the widget.\n{_how_to_try(args, address, token)}",
        file=sys.stderr,
    )
    return 0


def _how_to_try(args: argparse.Namespace, address: str, token: str) -> str:
    """How to try the widget: a link to its demo page or, for a closed course without a key, a command that signs."""
    if token and args.sign_with is None:
        audience = "" if args.audience == "tenkyo" else f" --audience {quote(args.audience)}"
        given = f"--host {args.site} --course {args.course}{audience}"
        return f"To try it, sign a token with the key: tenkyo embed {given} --sign-with KEYFILE"
    return f"Try it with its options: {address}widget/demo{f'?token={token}' if token else ''}"


def _address_of(args: argparse.Namespace) -> str:
    """The address of the course, with a slash at its end; raises TenkyoError."""
    from app.web.server.course_files import NAME

    address = checked_address(args.site)
    if args.course and not NAME.fullmatch(args.course):
        raise TenkyoError(f"--course {args.course[:60]!r}: write its name as the server has it, as in law-1")
    return f"{address}c/{args.course}/" if args.course else address


def _token(args: argparse.Namespace, system: System) -> str:
    """The token: a signed one, the placeholder TOKEN for the course system to fill in, or "" for an open course."""
    if not args.signed and args.sign_with is None:
        return ""
    if not args.course:
        raise TenkyoError("a token opens one course: name it with --course")
    if not system.snippet.startswith("<"):
        raise TenkyoError(
            f"{system.name} makes its pages only once, but a token ends: use --lms html, or an open course"
        )
    if args.sign_with is None:
        return "TOKEN"
    try:
        key = args.sign_with.read_bytes().strip()
    except OSError as error:
        raise TenkyoError(f"--sign-with {args.sign_with}: cannot be read ({error.strerror})") from error
    from app.web.courses.passes import sign

    return sign(args.course, key, args.hours * 3600, args.audience)


def _with_token(snippet: str, token: str) -> str:
    """The snippet with a token in the frame's address or in an attribute of the script."""
    if not token:
        return snippet
    if snippet.startswith("<script"):
        return snippet.replace(" async", f' data-token="{token}" async', 1)
    return snippet.replace("widget?", f"widget?token={token}&amp;", 1)


def _about_token(args: argparse.Namespace) -> str:
    claims = f'"aud": "{args.audience}", "course": "{args.course}", "exp": now + 3600'
    if args.sign_with is not None:
        return f"The token is for trying and ends in {args.hours} h. A course system signs one for each page shown."
    return (
        f"Put a token in the place of TOKEN each time the page is shown: a JWT with {{{claims}}}, signed with the "
        "secret of the course's key_file (HS256), or with the private key to its public key (RS256).\n"
        f"With firebase/php-jwt: JWT::encode(['aud' => '{args.audience}', 'course' => '{args.course}', "
        "'exp' => time() + 3600], $secret, 'HS256')."
    )


def checked_address(text: str) -> str:
    """The address of a server with a slash at its end; raises TenkyoError for any other text."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise TenkyoError(
            f"--host {text[:200]!r} is not a web address ({error}): write https://tenkyo.example.org"
        ) from None
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme not in {"http", "https"} or not parts.hostname or not set(text).isdisjoint(" \t\n\"'<>\\"):
        raise TenkyoError(f"--host {text[:200]!r} is not a web address: write https://tenkyo.example.org")
    if parts.query or parts.fragment or parts.username or parts.password or port == 0:
        raise TenkyoError(
            f"--host {text[:200]!r} holds more than host, port and path: write https://tenkyo.example.org"
        )
    if parts.scheme == "http" and not local:
        print("warning: browsers do not show an http page inside an https course page: use https", file=sys.stderr)
    return text.rstrip("/") + "/"
