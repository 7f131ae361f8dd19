"""The words of the pages, in the four languages of the interface."""

import re
from collections.abc import Iterable

from app.answering.compose.messages import MESSAGES
from app.web.pages.tool_labels import TOOLS

LANGUAGES = ("ja", "en", "zh", "ko")

_PAGES: dict[str, dict[str, str]] = {
    "ja": {
        "title": "Tenkyo 典拠",
        "tagline": "文書の言葉で答え、出典を示します",
        "documents": "収録文書",
        "chat": "質問と回答",
        "question": "質問",
        "placeholder": "文書について質問してください",
        "send": "送信",
        "close": "閉じる",
        "searching": "文書を調べています…",
        "checking": "書かれた文を確かめています…",
        "quotes_only": "引用だけを表示",
        "gloss": "訳（言語モデル）：",
        "sources": "出典",
        "page": "{page}ページ",
        "open": "原文で開く",
        "source": "出典の該当箇所",
        "gone": "この箇所は現在の文書にありません。もう一度質問してください。",
        "too_long": "質問は{limit}字以内で入力してください。",
        "busy": "ただいま混み合っています。少し待ってからもう一度お試しください。",
        "not_ready": "索引を準備しています。少し待ってからもう一度お試しください。",
        "starting": "準備しています。まもなく開きます…",
        "chat_failed": "チャットを読み込めませんでした。管理者にお知らせください。",
        "failed": "回答できませんでした。もう一度お試しください。",
        "too_many": "短い時間に質問が続いたため、少しお待ちください。",
        "unreachable": "サーバーに接続できませんでした。",
        "again": "もう一度送る",
        "again_in": "{seconds}秒後にもう一度送れます",
        "original": "元の文書",
        "text": "本文を開く",
        "examples": "質問の例",
    },
    "en": {
        "title": "Tenkyo 典拠",
        "tagline": "Answers in the documents' own words, with their sources",
        "documents": "Documents",
        "chat": "Questions and answers",
        "question": "Question",
        "placeholder": "Ask about the documents",
        "send": "Send",
        "close": "Close",
        "searching": "Looking in the documents…",
        "checking": "Checking what is written…",
        "quotes_only": "Show the quotes only",
        "gloss": "Translation (by a language model):",
        "sources": "Sources",
        "page": "p. {page}",
        "open": "Open in the source",
        "source": "The cited passage",
        "gone": "The documents no longer hold this passage. Please ask again.",
        "too_long": "Please keep the question within {limit} characters.",
        "busy": "Many questions are waiting. Please try again in a moment.",
        "not_ready": "The index is being prepared. Please try again in a moment.",
        "starting": "Getting ready. This page opens by itself in a moment…",
        "chat_failed": "The chat could not be loaded. Please tell whoever runs the server.",
        "failed": "That could not be answered. Please try again.",
        "too_many": "Too many questions in a short time.",
        "unreachable": "The server could not be reached.",
        "again": "Send again",
        "again_in": "Send again in {seconds} s",
        "original": "Original",
        "text": "Open its text",
        "examples": "Questions to try",
    },
    "zh": {
        "title": "Tenkyo 典拠",
        "tagline": "以文献原文作答，并注明出处",
        "documents": "收录文献",
        "chat": "问题与回答",
        "question": "问题",
        "placeholder": "请就文献提问",
        "send": "发送",
        "close": "关闭",
        "searching": "正在查阅文献…",
        "checking": "正在核对所写内容…",
        "quotes_only": "只显示引文",
        "gloss": "译文（语言模型）：",
        "sources": "出处",
        "page": "第{page}页",
        "open": "在原文中打开",
        "source": "引用之处",
        "gone": "当前文献中已无此处内容，请重新提问。",
        "too_long": "问题请勿超过{limit}字。",
        "busy": "目前提问较多，请稍后再试。",
        "not_ready": "正在准备索引，请稍后再试。",
        "starting": "正在准备，页面将自动打开……",
        "chat_failed": "未能载入聊天页面，请联系管理员。",
        "failed": "未能作答，请重试。",
        "too_many": "短时间内提问过多，请稍候。",
        "unreachable": "无法连接服务器。",
        "again": "重新发送",
        "again_in": "{seconds}秒后可重新发送",
        "original": "原始文献",
        "text": "打开正文",
        "examples": "问题示例",
    },
    "ko": {
        "title": "Tenkyo 典拠",
        "tagline": "문서의 원문으로 답하고 출처를 밝힙니다",
        "documents": "수록 문서",
        "chat": "질문과 답변",
        "question": "질문",
        "placeholder": "문서에 대해 질문하세요",
        "send": "보내기",
        "close": "닫기",
        "searching": "문서를 찾아보는 중…",
        "checking": "쓴 내용을 확인하는 중…",
        "quotes_only": "인용문만 보기",
        "gloss": "번역(언어 모델):",
        "sources": "출처",
        "page": "{page}쪽",
        "open": "원문에서 열기",
        "source": "인용된 부분",
        "gone": "이 부분은 현재 문서에 없습니다. 다시 질문해 주세요.",
        "too_long": "질문은 {limit}자 이내로 입력해 주세요.",
        "busy": "질문이 몰려 있습니다. 잠시 후 다시 시도해 주세요.",
        "not_ready": "색인을 준비하고 있습니다. 잠시 후 다시 시도해 주세요.",
        "starting": "준비 중입니다. 곧 자동으로 열립니다…",
        "chat_failed": "채팅을 불러오지 못했습니다. 관리자에게 알려 주세요.",
        "failed": "답하지 못했습니다. 다시 시도해 주세요.",
        "too_many": "짧은 시간에 질문이 많아 잠시 기다려 주세요.",
        "unreachable": "서버에 연결하지 못했습니다.",
        "again": "다시 보내기",
        "again_in": "{seconds}초 후에 다시 보낼 수 있습니다",
        "original": "원본",
        "text": "본문 열기",
        "examples": "질문 예시",
    },
}


_OF_ANSWERS = ("nearest", "near", "suggestions")
LABELS = {
    language: words | TOOLS[language] | {name: MESSAGES[language][name] for name in _OF_ANSWERS}
    for language, words in _PAGES.items()
}


def labels_for(language: str) -> dict[str, str]:
    """The words in `language`, English where there are none."""
    return LABELS.get(language, LABELS["en"])


_QUALITY = re.compile(r"[01](?:\.[0-9]{0,3})?")


def preferred(accept_language: str, offered: Iterable[str] = LANGUAGES) -> str:
    """The first language of an Accept-Language header (RFC 9110, 12.5.4) that is offered, else English."""
    choices = []
    for place, part in enumerate(accept_language.split(",")[:20]):
        tag, _, weight = part.partition(";")
        quality = weight.strip().removeprefix("q=").strip() if weight else "1"
        number = float(quality) if _QUALITY.fullmatch(quality) else 0.0
        choices.append((-number, place, tag.strip().lower().split("-")[0]))
    known = tuple(offered)
    return next((tag for number, _, tag in sorted(choices) if tag in known and number < 0), "en")
