"""The words of the pages, in the four languages of the interface.

A label with a number may have two forms with `|` between: for 1 and for other numbers (`counted`).
"""

import re
from collections.abc import Iterable

from app.answering.compose.messages import MESSAGES
from app.pages.labels.tools import TOOLS
from retriever.text import language_of

NAMES = {"ja": "日本語", "en": "English", "zh": "中文", "ko": "한국어"}
LANGUAGES = tuple(NAMES)

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
        "checking": "回答を原文と照合しています…",
        "quotes_only": "引用だけを表示",
        "gloss": "訳（言語モデル）：",
        "sure": "確かな答え",
        "likely": "おそらく正しい答え",
        "weak": "関連するかもしれない箇所",
        "extract": "文書からの抜粋",
        "more": "文書のほかの箇所（{count}）",
        "cited": "引用されている文献（{count}）",
        "about": "出典について",
        "place_dot": "・",
        "table": "表",
        "sources": "出典",
        "page": "{page}ページ",
        "open": "原文で開く",
        "source": "出典の該当箇所",
        "gone": "この箇所は、現在の文書にはありません。もう一度質問してください。",
        "too_long": "質問は{limit}字以内で入力してください。",
        "busy": "ただいま混み合っています。少し待ってからもう一度お試しください。",
        "not_ready": "索引を準備しています。少し待ってからもう一度お試しください。",
        "starting": "準備しています。まもなく開きます…",
        "chat_failed": "チャットを読み込めませんでした。管理者にお知らせください。",
        "opens_documents": "文書を開く（初回は1分ほどかかることがあります）",
        "loads_chat": "チャットの画面を読み込む",
        "ask_in_widget": "簡易画面で質問する",
        "failed": "回答できませんでした。もう一度お試しください。",
        "unavailable": "ただいま文書を調べられません。少し待っても変わらなければ、管理者にお知らせください。",
        "too_many": "短い時間に質問が続いたため、少しお待ちください。",
        "unreachable": "サーバーに接続できませんでした。",
        "alone": "この埋め込み方では質問を送れません。sandbox に allow-same-origin が必要です。",
        "no_document": "このページが指定する文書は、ここにはありません（すでに外されたのかもしれません）。",
        "back": "回答に戻る",
        "again": "もう一度送る",
        "again_in": "{seconds}秒後にもう一度送れます",
        "original": "元の文書",
        "text": "本文を開く",
        "new": "新しい会話",
        "language": "表示言語",
        "works": "参考文献{count}点（本文あり{read}点、書誌のみ{unread}点）",
        "sections": "章と節",
        "more_documents": "ほか{count}点",
        "filter": "調べる範囲",
        "filter_all": "すべて",
        "filter_paper": "論文だけ",
        "filter_references": "参考文献だけ",
        "no_script": "JavaScriptが使えないため、1問ずつお答えします。",
        "stop": "停止",
        "stopped": "停止しました。",
        "waiting": "前の答えのあとにお答えします",
        "edit": "編集して質問し直す",
        "editing": "質問を編集しています（元の質問と続きは残ります）",
        "versions": "質問の版",
        "version_before": "前の版",
        "version_after": "次の版",
        "cancel": "取り消す",
        "previous": "前の出典",
        "next": "次の出典",
        "of": "{number} / {count}",
        "wider": "広げる",
        "narrower": "縮める",
        "find_source": "出典を調べる",
        "no_source": "選んだ言葉は文書に見つかりませんでした。",
        "now": "{count}字です。{limit}字以内にしてください（入力した文字はすべて残っています）",
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
        "checking": "Checking the answer against the documents…",
        "quotes_only": "Show the quotes only",
        "gloss": "Translation (by a language model):",
        "sure": "Sure",
        "likely": "Likely",
        "weak": "Perhaps related",
        "extract": "In the document's own words",
        "more": "More from the documents ({count})",
        "cited": "Works cited here ({count})",
        "about": "About the sources",
        "place_dot": " · ",
        "table": "Table",
        "sources": "Sources",
        "page": "p. {page}",
        "open": "Open in the source",
        "source": "The cited passage",
        "gone": "The documents no longer contain this passage. Please ask again.",
        "too_long": "Please keep the question within {limit} characters.",
        "busy": "Many people are asking at the moment. Please try again shortly.",
        "not_ready": "The documents are being prepared. Please try again shortly.",
        "starting": "Getting ready. This page opens by itself in a moment…",
        "chat_failed": "The chat could not be loaded. Please tell whoever runs the server.",
        "opens_documents": "Opening the documents (the first time, this can take a minute)",
        "loads_chat": "Loading the chat page",
        "ask_in_widget": "Ask in the small window instead",
        "failed": "That could not be answered. Please try again.",
        "unavailable": "The documents cannot be searched at the moment. If this lasts, tell whoever runs the server.",
        "too_many": "Too many questions in a short time. Please wait a moment.",
        "unreachable": "The server could not be reached.",
        "alone": "Questions cannot be sent from this frame. Its sandbox needs allow-same-origin.",
        "no_document": "The document that this page names is not here; perhaps it has been removed.",
        "back": "Back to the answer",
        "again": "Send again",
        "again_in": "Send again in {seconds} s",
        "original": "Original",
        "text": "Open its text",
        "new": "New conversation",
        "language": "Language",
        "works": "{count} reference ({read} with its text, {unread} listed only)"
        "|{count} references ({read} with their texts, {unread} listed only)",
        "sections": "Sections",
        "more_documents": "and {count} more",
        "filter": "Search in",
        "filter_all": "Everything",
        "filter_paper": "The paper only",
        "filter_references": "Its references only",
        "no_script": "Without JavaScript, one question is answered at a time.",
        "stop": "Stop",
        "stopped": "Stopped.",
        "waiting": "Waits for the answer before",
        "edit": "Edit and ask again",
        "editing": "Editing the question (the earlier one is kept, with what followed)",
        "versions": "Versions of the question",
        "version_before": "Previous version",
        "version_after": "Next version",
        "cancel": "Cancel",
        "previous": "Previous citation",
        "next": "Next citation",
        "of": "{number} of {count}",
        "wider": "Enlarge",
        "narrower": "Reduce",
        "find_source": "Where does this come from?",
        "no_source": "The selected words were not found in the documents.",
        "now": "{count} characters: please keep within {limit} (everything you typed is still there)",
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
        "checking": "正在与原文核对…",
        "quotes_only": "只显示引文",
        "gloss": "译文（语言模型）：",
        "sure": "可靠的答案",
        "likely": "很可能是答案",
        "weak": "可能相关的内容",
        "extract": "摘自文献原文",
        "more": "文献中的其他内容（{count}）",
        "cited": "此处引用的文献（{count}）",
        "about": "关于出处",
        "place_dot": "・",
        "table": "表格",
        "sources": "出处",
        "page": "第{page}页",
        "open": "在原文中打开",
        "source": "引用的原文",
        "gone": "当前文献中已无此处内容，请重新提问。",
        "too_long": "问题请勿超过{limit}字。",
        "busy": "目前提问较多，请稍后再试。",
        "not_ready": "正在准备文献，请稍后再试。",
        "starting": "正在准备，页面将自动打开……",
        "chat_failed": "未能载入聊天页面，请联系管理员。",
        "opens_documents": "打开文献（首次可能需要约一分钟）",
        "loads_chat": "载入聊天页面",
        "ask_in_widget": "在简易窗口中提问",
        "failed": "未能作答，请重试。",
        "unavailable": "暂时无法查阅文献。如果稍后仍然如此，请联系管理员。",
        "too_many": "短时间内提问过多，请稍候。",
        "unreachable": "无法连接服务器。",
        "alone": "此框架无法发送问题。请管理员在 iframe 的 sandbox 中加入 allow-same-origin。",
        "no_document": "此页面指定的文献不在这里，可能已被移除。",
        "back": "返回回答",
        "again": "重新发送",
        "again_in": "{seconds}秒后可重新发送",
        "original": "原始文献",
        "text": "打开正文",
        "new": "新对话",
        "language": "界面语言",
        "works": "参考文献{count}篇（有正文{read}篇，仅有书目{unread}篇）",
        "sections": "章节",
        "more_documents": "另有{count}份",
        "filter": "查找范围",
        "filter_all": "全部",
        "filter_paper": "仅论文",
        "filter_references": "仅参考文献",
        "no_script": "无法使用JavaScript，每次回答一个问题。",
        "stop": "停止",
        "stopped": "已停止。",
        "waiting": "将在前一个回答之后作答",
        "edit": "修改后重新提问",
        "editing": "正在修改问题（原来的问题及其后续会保留）",
        "versions": "问题的版本",
        "version_before": "上一版本",
        "version_after": "下一版本",
        "cancel": "取消",
        "previous": "上一处引用",
        "next": "下一处引用",
        "of": "{number} / {count}",
        "wider": "放大",
        "narrower": "缩小",
        "find_source": "查找出处",
        "no_source": "文献中没有找到所选的文字。",
        "now": "共{count}字，请控制在{limit}字以内（已输入的文字都还在）",
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
        "checking": "답변을 원문과 대조하는 중…",
        "quotes_only": "인용문만 보기",
        "gloss": "번역(언어 모델):",
        "sure": "확실한 답",
        "likely": "아마 맞는 답",
        "weak": "관련이 있을 수 있는 내용",
        "extract": "문서에서 그대로 뽑음",
        "more": "문서의 다른 부분 ({count})",
        "cited": "여기서 인용한 문헌 ({count})",
        "about": "출처에 대하여",
        "place_dot": " · ",
        "table": "표",
        "sources": "출처",
        "page": "{page}쪽",
        "open": "원문에서 열기",
        "source": "인용된 부분",
        "gone": "이 부분은 현재 문서에 없습니다. 다시 질문해 주세요.",
        "too_long": "질문은 {limit}자 이내로 입력해 주세요.",
        "busy": "질문이 몰려 있습니다. 잠시 후 다시 시도해 주세요.",
        "not_ready": "문서를 준비하고 있습니다. 잠시 후 다시 시도해 주세요.",
        "starting": "준비 중입니다. 곧 자동으로 열립니다…",
        "chat_failed": "채팅을 불러오지 못했습니다. 관리자에게 알려 주세요.",
        "opens_documents": "문서 열기(처음에는 1분쯤 걸릴 수 있습니다)",
        "loads_chat": "채팅 화면 불러오기",
        "ask_in_widget": "간단한 창에서 질문하기",
        "failed": "답하지 못했습니다. 다시 시도해 주세요.",
        "unavailable": "지금은 문서를 찾아볼 수 없습니다. 잠시 후에도 그대로라면 관리자에게 알려 주세요.",
        "too_many": "짧은 시간에 질문이 이어져 잠시 기다려 주세요.",
        "unreachable": "서버에 연결하지 못했습니다.",
        "alone": "이 프레임에서는 질문을 보낼 수 없습니다. sandbox에 allow-same-origin을 추가해 주세요.",
        "no_document": "이 페이지가 지정한 문서가 여기에 없습니다. 삭제되었을 수 있습니다.",
        "back": "답변으로 돌아가기",
        "again": "다시 보내기",
        "again_in": "{seconds}초 후에 다시 보낼 수 있습니다",
        "original": "원본",
        "text": "본문 열기",
        "new": "새 대화",
        "language": "표시 언어",
        "works": "참고문헌 {count}편 (본문 있음 {read}편, 서지 정보만 {unread}편)",
        "sections": "장과 절",
        "more_documents": "외 {count}건",
        "filter": "검색 범위",
        "filter_all": "전체",
        "filter_paper": "논문만",
        "filter_references": "참고문헌만",
        "no_script": "JavaScript를 사용할 수 없어 한 번에 한 질문씩 답합니다.",
        "stop": "중지",
        "stopped": "중지했습니다.",
        "waiting": "앞의 답변 다음에 답합니다",
        "edit": "고쳐서 다시 질문하기",
        "editing": "질문을 고치는 중(원래 질문과 그 뒤의 대화는 남습니다)",
        "versions": "질문의 버전",
        "version_before": "이전 버전",
        "version_after": "다음 버전",
        "cancel": "취소",
        "previous": "이전 출처",
        "next": "다음 출처",
        "of": "{number} / {count}",
        "wider": "넓히기",
        "narrower": "줄이기",
        "find_source": "출처 찾기",
        "no_source": "선택한 내용을 문서에서 찾지 못했습니다.",
        "now": "{count}자입니다. {limit}자 이내로 줄여 주세요(입력한 내용은 모두 그대로 있습니다)",
        "examples": "질문 예시",
    },
}


_OF_ANSWERS = ("nearest", "near", "suggestions")
LABELS = {
    language: words | TOOLS[language] | {name: MESSAGES[language][name] for name in _OF_ANSWERS}
    for language, words in _PAGES.items()
}


# The labels that the widget's scripts use: static/requests.js, source_panel.js and widget/frame.js.
WIDGET_LABELS = (
    "again again_in alone back busy checking close edit failed gone narrower next no_document not_ready of open page "
    "place_dot previous searching send source stop stopped too_long too_many unavailable unreachable waiting wider"
).split()


def labels_for(language: str) -> dict[str, str]:
    """The words in `language`, English where there are none."""
    return LABELS.get(language, LABELS["en"])


def counted(label: str, count: int, **values: object) -> str:
    """A label with its number. If `|` separates two forms, the first is for 1 and the second for other numbers."""
    forms = label.split("|")
    return (forms[0] if count == 1 else forms[-1]).format(count=count, **values)


def html_language(text: str, language: str = "") -> str:
    """The language tag of a text for HTML's `lang`. Chinese is zh-Hans or zh-Hant, which choose the character shapes.

    The language is detected from the text unless `language` is given.
    """
    tag = language or language_of(text, "ja")
    if tag != "zh":
        return tag
    simplified, traditional = (sum(_is_in(character, charset) for character in text) for charset in ("gb2312", "big5"))
    return "zh-Hant" if traditional > simplified else "zh-Hans"


def _is_in(character: str, charset: str) -> bool:
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


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
