"""Which courses a platform may launch. The course name in a launch proves nothing: any editor of the link sets it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request

from app.web.lti.platforms import LtiError, Platform, origin_of

if TYPE_CHECKING:  # importing it and its libraries takes a third of a second
    from app.web.lti.launches import Launch


@dataclass(frozen=True, slots=True)
class Tie:
    """Names the launches that a course accepts: of a platform, or of one client or deployment there ("": any)."""

    issuer: str
    client_id: str = ""
    deployment: str = ""

    @classmethod
    def parse(cls, text: str) -> "Tie":
        """Parse "issuer", "issuer#client_id" or "issuer#client_id#deployment"; raises LtiError."""
        parts = [part.strip() for part in text.split("#", 2)]
        if not all(parts) or not origin_of(parts[0]):
            raise LtiError(f"{text[:200]!r} is no platform: write issuer#client_id#deployment, as tenkyo lti list says")
        return cls(*parts)

    def admits(self, platform: Platform, deployment: str) -> bool:
        """Whether this tie covers launches of a platform's deployment."""
        ours = (self.issuer, self.client_id or platform.client_id, self.deployment or deployment)
        return ours == (platform.issuer, platform.client_id, deployment)


def course_of(request: Request, launch: "Launch") -> str:
    """The name of the course that a launch asks for; any editor of the link in the platform can change it."""
    return launch.custom.get("course") or str(request.app.state.course.name)


def _is_tied(request: Request, launch: "Launch", name: str) -> bool:
    """Whether a tie of the course covers the launch."""
    ties = _ties(request).get(name, ())
    return any(tie.admits(launch.platform, launch.deployment) for tie in ties)


def may_open(request: Request, launch: "Launch", name: str) -> bool:
    """Whether a launch may open a course; a closed course needs a tie that covers the launch."""
    return request.app.state.doors.get(name) is None or _is_tied(request, launch, name)


def may_teach(request: Request, launch: "Launch", name: str) -> bool:
    """Whether a teacher's launch may open the desk: a tie covers it, or the only course is open and has no ties."""
    if _ties(request).get(name):
        return _is_tied(request, launch, name)
    others = {*_ties(request), *request.app.state.doors, request.app.state.course.name} - {name}
    return not others and request.app.state.doors.get(name) is None


def _ties(request: Request) -> Mapping[str, Sequence[Tie]]:
    ties: Mapping[str, Sequence[Tie]] = request.app.state.lti.courses
    return ties
