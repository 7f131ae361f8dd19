"""`tenkyo lti`: which learning platforms may open Tenkyo inside a course (LTI 1.3)."""

import argparse
import secrets
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from app.settings import Settings
from retriever.types import TenkyoError

if TYPE_CHECKING:
    from app.web.lti.platforms import Platforms

_ADDED = ("issuer", "client_id", "auth_url", "jwks_url", "deployment")


def add_lti_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `tenkyo lti`."""
    parser.add_argument(
        "action",
        choices=["list", "link", "add", "remove", "rotate"],
        help="list: the platforms; link: the address by which a platform registers itself; add: add one by hand, or a "
        "deployment to a registered one; remove: remove one; rotate: sign with a new key",
    )
    parser.add_argument("--host", dest="site", metavar="URL", help="link: the address of this server")
    parser.add_argument("--issuer", metavar="URL", help="add, remove: the platform's own address, its platform ID")
    parser.add_argument("--client-id", metavar="ID", help="add, remove: the client ID that the platform gave Tenkyo")
    parser.add_argument("--auth-url", metavar="URL", help="add: the platform's OIDC authorization address")
    parser.add_argument("--jwks-url", metavar="URL", help="add: where the platform publishes its keys")
    parser.add_argument("--deployment", action="append", metavar="ID", help="add: a deployment id; may be repeated")
    parser.add_argument(
        "--site-url",
        action="append",
        metavar="URL",
        help="add: the address of the course pages, if it is not that of --issuer",
    )
    parser.add_argument("--json", action="store_true", help="list: print one JSON document and nothing else")
    parser.set_defaults(usage_error=parser.error)


def lti(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo lti`: one of its five actions."""
    from app.web.lti.platforms import Platforms

    platforms = Platforms(settings.platforms)
    actions = {"list": _list, "add": _add, "remove": _remove, "rotate": _rotate}
    if args.action == "link":
        _link(args, settings)
    else:
        actions[args.action](args, platforms)
    if args.action in ("add", "remove"):
        print(f"A server with the same --index reads it at once (here: {settings.platforms})", file=sys.stderr)
    return 0


def _list(args: argparse.Namespace, platforms: "Platforms") -> None:
    from app.commands import print_json

    if args.json:
        print_json({"platforms": [asdict(platform) for platform in platforms.all()]})
        return
    for platform in platforms.all():
        deployments = ", ".join(platform.deployments) or "the first that launches"
        print(f"{platform.issuer}\n  client id   {platform.client_id}\n  deployments {deployments}")
        print(f"  shown on    {', '.join(platform.origins)}")
    if not platforms.all():
        print("no platform is registered: see tenkyo lti link --help", file=sys.stderr)


def _link(args: argparse.Namespace, settings: Settings) -> None:
    from urllib.parse import quote

    from app.commands.embed import checked_address

    if not args.site:
        args.usage_error("link needs --host, the address of this server")
    if not settings.lti_token:
        made = secrets.token_urlsafe(24)
        raise TenkyoError(f"TENKYO_LTI_TOKEN is not set; start the server and this command with it, such as: {made}")
    print(f"{checked_address(args.site)}lti/register?token={quote(settings.lti_token, safe='')}")


def _add(args: argparse.Namespace, platforms: "Platforms") -> None:
    from app.web.lti.platforms import Platform, origin_of

    if args.issuer and args.client_id and args.deployment and not (args.auth_url or args.jwks_url or args.site_url):
        known = platforms.find(args.issuer, args.client_id)
        if known is not None:
            platforms.put(replace(known, deployments=tuple(dict.fromkeys((*known.deployments, *args.deployment)))))
            print(f"added {', '.join(args.deployment)} to {known.issuer}", file=sys.stderr)
            return
    missing = [f"--{name.replace('_', '-')}" for name in _ADDED if not getattr(args, name)]
    if missing:
        args.usage_error(f"add needs {', '.join(missing)}")
    sites = [origin_of(site) for site in (args.issuer, *(args.site_url or ()))]
    platform = Platform(
        issuer=args.issuer,
        client_id=args.client_id,
        auth_url=args.auth_url,
        jwks_url=args.jwks_url,
        deployments=tuple(args.deployment),
        origins=tuple(dict.fromkeys(filter(None, sites))),
    )
    platforms.put(platform)
    print(f"added {platform.issuer}", file=sys.stderr)


def _remove(args: argparse.Namespace, platforms: "Platforms") -> None:
    if not args.issuer:
        args.usage_error("remove needs --issuer")
    if not platforms.remove(args.issuer, args.client_id or ""):
        raise TenkyoError(f"no platform {args.issuer!r} is registered; see tenkyo lti list")
    print(f"removed {args.issuer}", file=sys.stderr)


def _rotate(_: argparse.Namespace, platforms: "Platforms") -> None:
    print(platforms.rotate())
