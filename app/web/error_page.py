"""The response to a request that fails: JSON for programs, for people a page in their language."""

from collections.abc import Mapping

from starlette.datastructures import Headers, QueryParams
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from app.pages.labels.texts import preferred
from app.pages.templates import page, way_up
from app.web.errors import Json, RefusedError, error_json

# by status, and by code where a status says too little: a title and what to do; by language
_WORDS: Mapping[str, Mapping[int | str, tuple[str, str]]] = {
    "ja": {
        404: ("ページが見つかりません", "アドレスをご確認ください。文書は更新または削除された可能性があります。"),
        405: ("この操作はできません", "このアドレスでは受け付けていない方法です。"),
        413: ("送信内容が大きすぎます", "短くしてからもう一度お試しください。"),
        429: ("リクエストが多すぎます", "{seconds}秒ほど待ってから、もう一度お試しください。"),
        500: ("サーバーでエラーが起きました", "もう一度お試しください。続く場合は管理者にお知らせください。"),
        503: ("ただいま利用できません", "少し待ってから、もう一度お試しください。"),
        0: ("リクエストを受け付けられません", "アドレスと入力内容をご確認ください。"),
        "course_closed": (
            "この講座は限られた人だけが利用できます",
            "学習システムにある講座のページから開いてください。",
        ),
        "embed_refused": (
            "この講座を開けませんでした",
            "講座のページを読み込み直してください。続く場合は、下の英文を管理者にお知らせください。",
        ),
        "launch_refused": (
            "開けませんでした",
            "講座のページからもう一度開いてください。続く場合は、下の英文を学習システムの管理者にお知らせください。",
        ),
        "not_a_teacher": ("教員だけができる操作です", "講座に教材を追加できるのは、その講座の教員です。"),
    },
    "en": {
        404: ("Page not found", "Check the address. The document may have been changed or removed."),
        405: ("This cannot be done here", "This address does not take that method."),
        413: ("Too large", "Shorten what you send, and try again."),
        429: ("Too many requests", "Wait about {seconds} seconds, then try again."),
        500: ("The server failed", "Try again. If it happens again, tell the person who runs this server."),
        503: ("Not available at the moment", "Wait a moment, then try again."),
        0: ("The request was refused", "Check the address and what was entered."),
        "course_closed": ("This course is not open to everyone", "Open it from its page in the course system."),
        "embed_refused": (
            "This course could not be opened",
            "Load the course page again. If it happens again, show the line below to whoever runs the course page.",
        ),
        "launch_refused": (
            "This could not be opened",
            "Open it again from the course. If it happens again, show the line below to who runs the course system.",
        ),
        "not_a_teacher": ("Only teachers can do this", "Teachers of a course can add material to it."),
    },
    "zh": {
        404: ("找不到页面", "请检查地址。该文献可能已被更新或删除。"),
        405: ("无法执行此操作", "此地址不接受该方法。"),
        413: ("内容过大", "请缩短后重试。"),
        429: ("请求过多", "请等待约{seconds}秒后重试。"),
        500: ("服务器出错", "请重试。若问题持续，请联系管理员。"),
        503: ("暂时无法使用", "请稍候再试。"),
        0: ("请求未被接受", "请检查地址和输入内容。"),
        "course_closed": ("本课程不对所有人开放", "请从学习系统的课程页面打开。"),
        "embed_refused": ("无法打开本课程", "请重新加载课程页面。若问题持续，请将下面的英文告知管理员。"),
        "launch_refused": ("无法打开", "请从课程页面重新打开。若问题持续，请将下面的英文告知学习系统的管理员。"),
        "not_a_teacher": ("只有教师可以进行此操作", "只有本课程的教师可以添加内容。"),
    },
    "ko": {
        404: ("페이지를 찾을 수 없습니다", "주소를 확인해 주세요. 문서가 변경되었거나 삭제되었을 수 있습니다."),
        405: ("이 작업은 할 수 없습니다", "이 주소에서 받지 않는 방식입니다."),
        413: ("내용이 너무 큽니다", "줄인 뒤 다시 시도해 주세요."),
        429: ("요청이 너무 많습니다", "약 {seconds}초 뒤에 다시 시도해 주세요."),
        500: ("서버에 오류가 발생했습니다", "다시 시도해 주세요. 계속되면 관리자에게 알려 주세요."),
        503: ("지금은 이용할 수 없습니다", "잠시 후 다시 시도해 주세요."),
        0: ("요청을 받아들일 수 없습니다", "주소와 입력 내용을 확인해 주세요."),
        "course_closed": ("이 강의는 누구에게나 공개되어 있지 않습니다", "학습 시스템의 강의 페이지에서 열어 주세요."),
        "embed_refused": (
            "이 강의를 열 수 없습니다",
            "강의 페이지를 새로 고쳐 주세요. 계속되면 아래의 영문을 관리자에게 알려 주세요.",
        ),
        "launch_refused": (
            "열 수 없습니다",
            "강의 페이지에서 다시 열어 주세요. 계속되면 아래의 영문을 학습 시스템의 관리자에게 알려 주세요.",
        ),
        "not_a_teacher": (
            "교원만 할 수 있는 작업입니다",
            "강의에 자료를 추가하는 것은 그 강의의 교원만 할 수 있습니다.",
        ),
    },
}
_FOR_PROGRAMS = ("/api/", "/chat/gradio_api/")
_PROGRAMS = frozenset(("/api", "/widget/ask", "/readyz", "/healthz", "/metrics"))
_WIDGET = "/widget"
_LEADS_NOWHERE = frozenset(("course_closed", "embed_refused"))  # the chat would be refused as well
_TO_CHAT = {"ja": "チャットを開く", "en": "Open the chat", "zh": "打开聊天", "ko": "채팅 열기"}


def error_response(path: str, error: RefusedError) -> Response:
    """JSON for programs; a small page for people, who meet errors at the other addresses."""
    headers = {"Cache-Control": "no-store"}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.allow:
        headers["Allow"] = ", ".join(error.allow)
    if path.startswith(_FOR_PROGRAMS) or path in _PROGRAMS:
        return Json(error_json(error), status_code=error.status, headers=headers)
    return ErrorPage(error, headers)


class ErrorPage(Response):
    """An error as a page; it is made when it is sent, since the request tells the language."""

    def __init__(self, error: RefusedError, headers: dict[str, str]) -> None:
        super().__init__(status_code=error.status)
        self._error = error
        self._sent_with = headers | {"Vary": "Accept-Language"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it."""
        asked = QueryParams(scope["query_string"]).get("lang", "")
        language = asked if asked in _WORDS else preferred(Headers(scope=scope).get("accept-language", ""))
        words = _WORDS[language]
        title, message = words.get(self._error.code) or words.get(self._error.status, words[0])
        text = page(
            "error",
            up=way_up(scope),
            language=language,
            title=title,
            message=message.format(seconds=self._error.retry_after or 60),
            detail=str(self._error),
            code=self._error.code,
            status=self._error.status,
            to_chat="" if self._error.code in _LEADS_NOWHERE else _TO_CHAT[language],
            is_framed=scope["path"] == _WIDGET,
        )
        await HTMLResponse(text, status_code=self._error.status, headers=self._sent_with)(scope, receive, send)
