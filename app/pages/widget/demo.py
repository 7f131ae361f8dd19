"""The page /widget/demo: the widget with its options, and the line to paste for them."""

from collections.abc import Sequence

from app.pages.labels.texts import LANGUAGES, NAMES
from app.pages.templates import page

_WORDS = {
    "ja": {
        "title": "ウィジェットを試す",
        "intro": "「反映する」を押すと、隅のボタンが変わります。下の一行を講座のページに貼り付けてください。",
        "lang": "言語",
        "theme": "配色",
        "position": "位置",
        "color": "色",
        "label": "ボタンの文字",
        "greeting": "あいさつ",
        "starters": "最初の質問（| で区切る、4つまで）",
        "document": "文書",
        "all": "すべて",
        "show": "反映する",
        "snippet": "貼り付ける行",
        "closed": "TOKEN の所には、ページを表示するたびに学習システムが署名したトークンを入れます。",
        "frame": (
            "スクリプトが取り除かれる所（Moodle、Canvas、WordPressの編集画面）"
            "には、このフレームを貼り付けます（言語・配色・文書だけが反映されます）。"
        ),
        "frame_title": "文書への質問",
        "sites": "表示できるのは、サーバーの管理者が TENKYO_EMBED_ORIGINS で認めたサイトだけです。",
        "ask": "質問する",
        "copy_line": "コピー",
        "line_copied": "コピーしました",
        "script": "このページには JavaScript が必要です。",
    },
    "en": {
        "title": "Try the widget",
        "intro": "Choose options and press Apply: the button follows. Paste the line below into the course page.",
        "lang": "Language",
        "theme": "Colours",
        "position": "Position",
        "color": "Colour",
        "label": "Words on the button",
        "greeting": "Greeting",
        "starters": "Questions to start with (separated by |, at most 4)",
        "document": "Document",
        "all": "All",
        "show": "Apply",
        "snippet": "The line to paste",
        "closed": "In the place of TOKEN the course system puts a token that it signs each time it shows the page.",
        "frame": (
            "Where scripts are taken out (the editors of Moodle, Canvas, WordPress)"
            ", paste this frame (it takes language, colours and document alone):"
        ),
        "frame_title": "Ask the documents",
        "sites": "Browsers show it only on sites that whoever runs the server names in TENKYO_EMBED_ORIGINS.",
        "ask": "Ask",
        "copy_line": "Copy",
        "line_copied": "Copied",
        "script": "This page needs JavaScript.",
    },
    "zh": {
        "title": "试用小组件",
        "intro": "选择设置并按“应用”后，角落里的按钮会随之改变。请将下面一行粘贴到课程页面。",
        "lang": "语言",
        "theme": "配色",
        "position": "位置",
        "color": "颜色",
        "label": "按钮文字",
        "greeting": "问候语",
        "starters": "起始问题（用 | 分隔，最多4个）",
        "document": "文献",
        "all": "全部",
        "show": "应用",
        "snippet": "要粘贴的一行",
        "closed": "TOKEN 处由学习系统在每次显示页面时填入其签名的令牌。",
        "frame": ("在会去除脚本的地方（Moodle、Canvas、WordPress 的编辑器），请粘贴此框架（仅反映语言、配色和文献）："),
        "frame_title": "向文献提问",
        "sites": "只有服务器管理员在 TENKYO_EMBED_ORIGINS 中允许的网站才能显示。",
        "ask": "提问",
        "copy_line": "复制",
        "line_copied": "已复制",
        "script": "本页面需要 JavaScript。",
    },
    "ko": {
        "title": "위젯 사용해 보기",
        "intro": "설정을 고르고 ‘적용’을 누르면 모서리의 버튼에 반영됩니다. 아래 한 줄을 강의 페이지에 붙여 넣으세요.",
        "lang": "언어",
        "theme": "색 구성",
        "position": "위치",
        "color": "색",
        "label": "버튼 문구",
        "greeting": "인사말",
        "starters": "첫 질문(| 로 구분, 최대 4개)",
        "document": "문서",
        "all": "전체",
        "show": "적용",
        "snippet": "붙여 넣을 줄",
        "closed": "TOKEN 자리에는 페이지를 표시할 때마다 학습 시스템이 서명한 토큰을 넣습니다.",
        "frame": (
            "스크립트가 제거되는 곳(Moodle, Canvas, WordPress "
            "편집기)에는 이 프레임을 붙여 넣으세요(언어, 색 구성, 문서만 반영됩니다)."
        ),
        "frame_title": "문서에 질문하기",
        "sites": "서버 관리자가 TENKYO_EMBED_ORIGINS에서 허용한 사이트에서만 표시됩니다.",
        "ask": "질문하기",
        "copy_line": "복사",
        "line_copied": "복사했습니다",
        "script": "이 페이지에는 JavaScript가 필요합니다.",
    },
}
# labels of the option values
_VALUES = {
    "ja": {
        "auto": "端末に合わせる", "light": "明るい", "dark": "暗い", "host": "ページに合わせる",
        "right": "右", "left": "左",
    },
    "en": {
        "auto": "As the device", "light": "Light", "dark": "Dark", "host": "As the page",
        "right": "Right", "left": "Left",
    },
    "zh": {
        "auto": "跟随设备", "light": "浅色", "dark": "深色", "host": "跟随页面",
        "right": "右", "left": "左",
    },
    "ko": {
        "auto": "기기에 맞춤", "light": "밝게", "dark": "어둡게", "host": "페이지에 맞춤",
        "right": "오른쪽", "left": "왼쪽",
    },
}  # fmt: skip
_MOST_DOCUMENTS = 100


def widget_demo_page(
    language: str, titles: dict[str, str], starters: Sequence[str], limit: int, up: str, is_closed: bool = False
) -> str:
    """The page in a language of the interface; `titles` are the documents' by id, `limit` is a question's length.

    In a closed course the line to paste has a place for a token.
    """
    words, values = _WORDS[language], _VALUES[language]
    return page(
        "widget/demo",
        up=up,
        language=language,
        words=words,
        choices=[
            ("lang", words["lang"], {tag: NAMES[tag] for tag in LANGUAGES}),
            ("theme", words["theme"], {name: values[name] for name in ("auto", "light", "dark", "host")}),
            ("position", words["position"], {name: values[name] for name in ("right", "left")}),
        ],
        texts=[("title", words["label"]), ("greeting", words["greeting"]), ("starters", words["starters"])],
        documents=list(titles.items())[:_MOST_DOCUMENTS],
        limit=limit,
        question=next(iter(starters), ""),
        is_closed=is_closed,
    )
