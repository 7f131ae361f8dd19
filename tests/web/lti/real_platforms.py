"""Launches in the shape in which Moodle and Canvas send them, empty values, extra claims and all.

Moodle 4: mod/lti/locallib.php (`lti_sign_jwt`, the mapping of its parameters to claims). Canvas: lib/lti/messages/
jwt_message.rb, and the example of its documentation. What a person is called there must not be kept here.
"""

import time
from typing import Any

from tests.web.lti.learning_platform import CLAIM, LAUNCH, Platform

_ROLES = "http://purl.imsglobal.org/vocab/lis/v2"
_SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
_ROLES_OF = {
    "moodle": {
        "student": [f"{_ROLES}/membership#Learner"],
        "teacher": [f"{_ROLES}/membership#Instructor"],
        "administrator": [
            f"{_ROLES}/institution/person#Administrator",
            f"{_ROLES}/membership#Instructor",
            f"{_ROLES}/system/person#Administrator",
        ],
    },
    "canvas": {
        "student": [
            f"{_ROLES}/institution/person#Student",
            f"{_ROLES}/membership#Learner",
            f"{_ROLES}/system/person#User",
        ],
        # who teaches elsewhere in the institution is a student here
        "teaching student": [
            f"{_ROLES}/institution/person#Instructor",
            f"{_ROLES}/membership#Learner",
            f"{_ROLES}/system/person#User",
        ],
        "teacher": [
            f"{_ROLES}/institution/person#Instructor",
            f"{_ROLES}/membership#Instructor",
            f"{_ROLES}/system/person#User",
        ],
        "administrator": [f"{_ROLES}/institution/person#Administrator", f"{_ROLES}/membership#Instructor"],
    },
}
# what the validation of Canvas's library leaves in objects
_CANVAS_LEFT: dict[str, Any] = {"validation_context": None, "errors": {"errors": {}}}


def claims_of(product: str, platform: Platform, nonce: str, who: str, *, picks: bool = False) -> dict[str, Any]:
    """The claims of a launch, or of a deep linking request, by a product."""
    made = (_moodle if product == "moodle" else _canvas)(platform, nonce, picks=picks)
    return made | {f"{CLAIM}/roles": _ROLES_OF[product][who]}


def _moodle(platform: Platform, nonce: str, *, picks: bool) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "nonce": nonce,
        "iat": now,
        "exp": now + 60,
        "iss": platform.issuer,
        "aud": platform.client_id,
        f"{CLAIM}/deployment_id": platform.deployment,
        f"{CLAIM}/target_link_uri": LAUNCH,
        "sub": "4",
        f"{CLAIM}/lis": {"person_sourcedid": "", "course_section_sourcedid": ""},
        f"{CLAIM}/context": {"id": "2", "label": "IR101", "title": "国際関係論", "type": ["CourseSection"]},
        f"{CLAIM}/message_type": "LtiDeepLinkingRequest" if picks else "LtiResourceLinkRequest",
        "given_name": "花子",
        "family_name": "山田",
        "name": "花子 山田",
        f"{CLAIM}/ext": {"user_username": "hanako", "lms": "moodle-2"},
        "email": "hanako@school.example",
        f"{CLAIM}/launch_presentation": {
            "locale": "ja",
            "document_target": "iframe",
            "return_url": f"{platform.issuer}/mod/lti/return.php?course=2&launch_container=3&instanceid=1&sesskey=Xk3",
        },
        f"{CLAIM}/tool_platform": {
            "product_family_code": "moodle",
            "version": "2024100702",
            "guid": "lms.school.example",
            "name": "学校",
            "description": "学校のMoodle",
        },
        f"{CLAIM}/version": "1.3.0",
        f"{CLAIM}/custom": [],  # PHP writes an empty table as a list
    }
    if not picks:
        outcome = {"lis_result_sourcedid": '{"data":{"instanceid":"1","userid":"4"}}', "lis_outcome_service_url": ""}
        claims |= {
            f"{CLAIM}/resource_link": {"title": "第3回", "description": "", "id": "1"},
            "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome": outcome,
        }
        return claims
    return claims | {
        _SETTINGS: {
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["frame", "iframe", "window"],
            "accept_copy_advice": False,
            "accept_multiple": True,
            "accept_unsigned": False,
            "auto_create": False,
            "can_confirm": False,
            "deep_link_return_url": f"{platform.issuer}/mod/lti/contentitem_return.php?course=2&id=3&sesskey=Xk3",
            "title": "",
            "text": "",
        },
    }


def _canvas(platform: Platform, nonce: str, *, picks: bool) -> dict[str, Any]:
    now = int(time.time())
    claims: dict[str, Any] = {
        f"{CLAIM}/message_type": "LtiDeepLinkingRequest" if picks else "LtiResourceLinkRequest",
        f"{CLAIM}/version": "1.3.0",
        "aud": platform.client_id,
        "azp": platform.client_id,
        f"{CLAIM}/deployment_id": platform.deployment,
        "exp": now + 3600,
        "iat": now,
        "iss": platform.issuer,
        "nonce": nonce,
        "sub": "82c59950-9ec3-4ae9-ad32-208c158143e0",
        f"{CLAIM}/target_link_uri": LAUNCH,
        "picture": "https://school.instructure.example/images/messages/avatar-50.png",
        "email": "hanako@school.example",
        "name": "山田花子",
        "given_name": "花子",
        "family_name": "山田",
        f"{CLAIM}/lti11_legacy_user_id": "71ae3ec5",
        f"{CLAIM}/lti1p1": {"user_id": "71ae3ec5", **_CANVAS_LEFT},
        f"{CLAIM}/lis": {"person_sourcedid": None, "course_offering_sourcedid": "$CourseSection.sourcedId"}
        | _CANVAS_LEFT,
        f"{CLAIM}/context": {
            "id": "4dde05e8ca1973bcca9bffc13e1548820eee93a3",
            "label": "IR101",
            "title": "国際関係論",
            "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
            **_CANVAS_LEFT,
        },
        f"{CLAIM}/tool_platform": {
            "guid": "7db438071375c02373713c12c73869ff2f470b68.school.instructure.example",
            "name": "学校",
            "version": "cloud",
            "product_family_code": "canvas",
            **_CANVAS_LEFT,
        },
        f"{CLAIM}/launch_presentation": {
            "document_target": "iframe",
            "height": None,
            "width": None,
            "return_url": "https://school.instructure.example/courses/1/external_content/success/external_tool_redirect",
            "locale": "ja",
            **_CANVAS_LEFT,
        },
        "locale": "ja",
        f"{CLAIM}/custom": {"com_instructure_post_message_token": "$com.instructure.PostMessageToken"},
        "errors": {"errors": {}},
        "https://www.instructure.com/placement": "link_selection" if picks else None,
    }
    if not picks:
        link = {"id": "4dde05e8ca1973bcca9bffc13e1548820eee93a3", "description": None, "title": None}
        return claims | {f"{CLAIM}/resource_link": link | _CANVAS_LEFT}
    return claims | {
        _SETTINGS: {
            "deep_link_return_url": "https://school.instructure.example/courses/1/deep_linking_response?data=eyJ0",
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_media_types": "application/vnd.ims.lti.v1.ltilink",
            "accept_multiple": True,
            "auto_create": False,
            **_CANVAS_LEFT,
        },
    }
