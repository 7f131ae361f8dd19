"""Fixed phrases of answers, in the language of the question. Quotes are never translated."""

from collections.abc import Mapping, Sequence

_TITLES, _LONGEST_TITLE = 3, 80  # titles that are named, characters of each
# What stands in braces is filled in.
MESSAGES: Mapping[str, Mapping[str, str]] = {
    "ja": {
        "understood": "「{question}」という質問として答えました。",
        "not_found": "この質問の答えは、登録された文書の中に見つかりませんでした。",
        "searched": "調べた文書: {titles}。",
        "looked_for": "探した言葉: {words}。",
        "lacking": "近い箇所に出てこない言葉: {words}。",
        "near": "近い箇所（答えではありません）",
        "suggestions": "こんな質問もできます",
        "and_more": "{titles}ほか{more}点",
        "from_digest": "引用元は論文の本文ではなく、Tenkyoのために書かれた要約です。",
        "quoted": "「{text}」",
        "place_separator": "、",
        "paper": "〔論文〕",
        "composed": "〔言語モデルの文・確認済み〕",
        "digest": "〔論文の要約〕",
        "reference": "〔参考文献{number}〕",
        "record": "〔文献一覧{number}〕",
        "cites": "論文の引用",
        "one_of": "次のいずれか",
        "nearest": "最も近い箇所",
        "unread": "引用されている文献のうち、本文を読めていないもの: {works}",
        "unread_one": "参考文献{number}（{state}）",
        "abstract": "抄録だけを読んだもの: 参考文献{number}",
        "separator": "、",
        "which_claim": "どの主張の出典かがわかりません。主張の言葉を添えて質問してください"
        "（例: 「……」という主張の出典は？）。",
        "no_such_number": "参考文献{number}はありません。文献一覧にあるのは{count}点です。",
        "no_bibliography": "登録された文書に参考文献の一覧がありません。",
        "count": "論文の文献一覧には{count}点が挙げられています。",
        "count_and_named": "論文の文献一覧には{count}点が挙げられ、ほかに{more}点が本文だけで挙げられています。",
        "first_of": "{count}点のうち初めの{shown}点。",
        "several_lists": "参考文献の一覧をもつ文書が{count}点あり、それぞれの番号を示しました。",
        "said_unread": "この文献の本文を読めていないため、そこに何が書かれているかは答えられません。",
        "said_citing": "この文献の本文は読めていません。論文がこの文献を引用して述べている文を示します。",
        "not_in_text": "参考文献{number}の本文には、この質問の答えが見つかりませんでした。",
        "were_chosen": "文献{count}点のうち、当てはまるのは{shown}点です。",
        "were_read": "文献{count}点のうち、本文か抄録を読めたのは{shown}点です。",
        "were_unread": "文献{count}点のうち、本文を読めていないのは{shown}点です。",
        "uncited": "この文には、文献の引用が示されていません。",
        "nearby": "同じ段落で引用されている文献: {works}",
        "by_title": "文献一覧の中で題名が近いもの: {works}。ただし論文がここで引用しているとは限りません。",
        "which_document": "どの文書についての質問ですか。題名を添えて質問してください: {titles}",
        "no_such_section": "その節は見つかりませんでした。この文書の見出し: {headings}",
        "no_such_table": "第{number}表は見つかりませんでした。",
        "talk_greeting": "こんにちは。登録された文書について、日本語、英語、中国語、韓国語で質問できます。",
        "talk_thanks": "どういたしまして。ほかにも知りたいことがあれば、続けて質問してください。",
        "talk_identity": "Tenkyo（典拠）です。登録された文書の中から答えを探し、"
        "その文をそのまま引用して示すプログラムです。",
        "talk_ability": "登録された文書に書かれている事実や理由、数値、表のほか、要約、目的、結論、"
        "各節の内容、参考文献について質問できます。答えには必ず引用元を示します。",
        "talk_opinion": "Tenkyoには自分の意見がありません。文書の著者が何を述べているかを質問してください。",
        "talk_documents": "登録されている文書: {titles}。",
    },
    "en": {
        "understood": "Understood as: {question}",
        "not_found": "The documents do not hold an answer to this question.",
        "searched": "Searched: {titles}.",
        "looked_for": "Words looked for: {words}.",
        "lacking": "Not in the passages below: {words}.",
        "near": "Near, not an answer",
        "suggestions": "You could ask",
        "and_more": "{titles} and {more} more",
        "from_digest": "The quotes are from a digest written for Tenkyo, not from the paper itself.",
        "quoted": "“{text}”",
        "place_separator": "; ",
        "paper": "(the paper)",
        "composed": "(written by a language model, checked)",
        "digest": "(digest of the paper)",
        "reference": "(reference {number})",
        "record": "(bibliography {number})",
        "cites": "The paper cites",
        "one_of": "one of these",
        "nearest": "nearest passage",
        "unread": "Cited works whose text was not read: {works}",
        "unread_one": "no. {number} ({state})",
        "abstract": "Works of which only the abstract was read: no. {number}",
        "separator": ", ",
        "which_claim": "I can't tell which claim you mean. Ask with the words of the claim: "
        "What does the paper cite for “…”?",
        "no_such_number": "There is no reference {number}: the bibliography lists {count}.",
        "no_bibliography": "None of the documents has a bibliography.",
        "count": "The paper's bibliography lists {count} works.",
        "count_and_named": "The paper's bibliography lists {count} works; its text names {more} more.",
        "first_of": "The first {shown} of {count} works.",
        "several_lists": "{count} documents have a bibliography; the number is given for each.",
        "said_unread": "The text of this work was not read, so I can't tell what it says.",
        "said_citing": "The text of this work was not read; this is what the paper says where it cites it.",
        "not_in_text": "The text of reference {number} does not hold an answer to this question.",
        "were_chosen": "Of {count} works, {shown} match.",
        "were_read": "Of {count} works, {shown} could be read, in full or as an abstract.",
        "were_unread": "Of {count} works, {shown} were not read.",
        "uncited": "No work is cited at this sentence.",
        "nearby": "Cited in the same paragraph: {works}",
        "by_title": "Nearest in the bibliography by title: {works}. The paper does not say that it cites it here.",
        "which_document": "Which document do you mean? Please ask with its title: {titles}",
        "no_such_section": "I could not find that section. The headings of this document: {headings}",
        "no_such_table": "There is no table {number}.",
        "talk_greeting": "Hello! You can ask about the documents here in Japanese, English, Chinese or Korean.",
        "talk_thanks": "You are welcome. Ask whatever else you would like to know.",
        "talk_identity": "I am Tenkyo, a program that looks for answers in the documents here and quotes "
        "them word for word.",
        "talk_ability": "You can ask for facts, reasons, figures and tables in the documents, for a "
        "summary, the purpose, the conclusion or what a section says, and about the references. Eve"
        "ry answer cites its source.",
        "talk_opinion": "Tenkyo has no opinions of its own. You can ask what the authors of the documents say.",
        "talk_documents": "The documents here: {titles}.",
    },
    "zh": {
        "understood": "理解为：{question}",
        "not_found": "已收录的文献中没有找到这个问题的答案。",
        "searched": "已查阅的文献：{titles}。",
        "looked_for": "查找的词语：{words}。",
        "lacking": "相近之处没有提到：{words}。",
        "near": "相近之处（并非答案）",
        "suggestions": "您还可以问",
        "and_more": "{titles}等，另有{more}份",
        "from_digest": "引文出自为Tenkyo编写的摘要，而非论文原文。",
        "quoted": "“{text}”",
        "place_separator": "、",
        "paper": "〔论文〕",
        "composed": "〔语言模型撰写，已核对〕",
        "digest": "〔论文摘要〕",
        "reference": "〔参考文献{number}〕",
        "record": "〔文献目录{number}〕",
        "cites": "论文引用",
        "one_of": "下列之一",
        "nearest": "最接近之处",
        "unread": "所引文献中未能读取正文者：{works}",
        "unread_one": "参考文献{number}（{state}）",
        "abstract": "仅读取了摘要者：参考文献{number}",
        "separator": "、",
        "which_claim": "不清楚是哪一个主张的出处。请写出该主张的内容再提问（例：“……”的出处是什么？）。",
        "no_such_number": "没有参考文献{number}。文献目录中共有{count}篇。",
        "no_bibliography": "已收录的文献中没有参考文献目录。",
        "count": "论文的文献目录列有{count}篇文献。",
        "count_and_named": "论文的文献目录列有{count}篇文献，另有{more}篇仅在正文中提到。",
        "first_of": "共{count}篇，此处为前{shown}篇。",
        "several_lists": "有{count}个文档带有参考文献目录，已分别列出该编号。",
        "said_unread": "未能读取该文献的正文，因此无法回答其中写了什么。",
        "said_citing": "未能读取该文献的正文，此处为论文引用该文献时的表述。",
        "not_in_text": "在参考文献{number}的正文中没有找到这个问题的答案。",
        "were_chosen": "{count}篇文献中，符合条件的有{shown}篇。",
        "were_read": "{count}篇文献中，已读取正文或摘要的有{shown}篇。",
        "were_unread": "{count}篇文献中，未能读取正文的有{shown}篇。",
        "uncited": "此句没有标明引用的文献。",
        "nearby": "同一段落引用的文献：{works}",
        "by_title": "文献目录中题名相近者：{works}。论文未必在此处引用。",
        "which_document": "请问您指的是哪一份文献？请写出题名再提问：{titles}",
        "no_such_section": "没有找到这一节。本文献的标题有：{headings}",
        "no_such_table": "没有找到第{number}表。",
        "talk_greeting": "您好！可以用日语、英语、中文或韩语就已收录的文献提问。",
        "talk_thanks": "不客气。如果还想了解什么，请继续提问。",
        "talk_identity": "我是Tenkyo（典拠），一个在已收录的文献中查找答案并逐字引用原文的程序。",
        "talk_ability": "可以询问文献中的事实、原因、数字和表格，也可以询问摘要、目的、结论、"
        "各节的内容以及参考文献。每个回答都会注明出处。",
        "talk_opinion": "Tenkyo没有自己的看法。您可以询问文献的作者是怎么说的。",
        "talk_documents": "已收录的文献：{titles}。",
    },
    "ko": {
        "understood": "다음 질문으로 이해했습니다: {question}",
        "not_found": "등록된 문서에서 이 질문의 답을 찾지 못했습니다.",
        "searched": "찾아본 문서: {titles}.",
        "looked_for": "검색한 낱말: {words}.",
        "lacking": "가까운 부분에 나오지 않는 낱말: {words}.",
        "near": "가까운 부분(답은 아닙니다)",
        "suggestions": "이런 질문도 할 수 있습니다",
        "and_more": "{titles} 외 {more}건",
        "from_digest": "인용문은 논문 본문이 아니라 Tenkyo를 위해 쓴 요약에서 가져온 것입니다.",
        "quoted": "‘{text}’",
        "place_separator": ", ",
        "paper": "〔논문〕",
        "composed": "〔언어 모델이 씀, 확인됨〕",
        "digest": "〔논문 요약〕",
        "reference": "〔참고문헌 {number}〕",
        "record": "〔문헌 목록 {number}〕",
        "cites": "논문의 인용",
        "one_of": "다음 중 하나",
        "nearest": "가장 가까운 부분",
        "unread": "인용된 문헌 가운데 본문을 읽지 못한 것: {works}",
        "unread_one": "참고문헌 {number}번({state})",
        "abstract": "초록만 읽은 것: 참고문헌 {number}번",
        "separator": ", ",
        "which_claim": "어느 주장의 출처인지 알 수 없습니다. 주장의 내용을 함께 적어 질문해 주세요"
        "(예: ‘……’의 출처는?).",
        "no_such_number": "참고문헌 {number}번은 없습니다. 문헌 목록에는 {count}편이 있습니다.",
        "no_bibliography": "등록된 문서에 참고문헌 목록이 없습니다.",
        "count": "논문의 문헌 목록에는 {count}편이 실려 있습니다.",
        "count_and_named": "논문의 문헌 목록에는 {count}편이 실려 있고, 본문에만 나오는 것이 {more}편 더 있습니다.",
        "first_of": "전체 {count}편 가운데 처음 {shown}편.",
        "several_lists": "참고문헌 목록이 있는 문서가 {count}개 있어 각각의 번호를 보였습니다.",
        "said_unread": "이 문헌의 본문을 읽지 못하여 그 내용은 답할 수 없습니다.",
        "said_citing": "이 문헌의 본문은 읽지 못했습니다. 논문이 이 문헌을 인용하며 말한 문장을 보입니다.",
        "not_in_text": "참고문헌 {number}번의 본문에서 이 질문의 답을 찾지 못했습니다.",
        "were_chosen": "문헌 {count}편 가운데 해당하는 것은 {shown}편입니다.",
        "were_read": "문헌 {count}편 가운데 본문이나 초록을 읽은 것은 {shown}편입니다.",
        "were_unread": "문헌 {count}편 가운데 본문을 읽지 못한 것은 {shown}편입니다.",
        "uncited": "이 문장에는 문헌 인용이 표시되어 있지 않습니다.",
        "nearby": "같은 단락에서 인용된 문헌: {works}",
        "by_title": "문헌 목록에서 제목이 가까운 것: {works}. 논문이 여기에서 인용한다는 뜻은 아닙니다.",
        "which_document": "어느 문서에 대한 질문인가요? 제목을 함께 적어 질문해 주세요: {titles}",
        "no_such_section": "그 절을 찾지 못했습니다. 이 문서의 제목: {headings}",
        "no_such_table": "표 {number}을(를) 찾지 못했습니다.",
        "talk_greeting": "안녕하세요! 등록된 문서에 대해 일본어, 영어, 중국어, 한국어로 질문할 수 있습니다.",
        "talk_thanks": "천만에요. 더 알고 싶은 것이 있으면 이어서 질문해 주세요.",
        "talk_identity": "저는 등록된 문서에서 답을 찾아 그 문장을 그대로 인용해 보이는 프로그램 Tenkyo입니다.",
        "talk_ability": "문서에 적힌 사실, 이유, 수치, 표는 물론 요약, 목적, 결론, 각 절의 내용, 참고문헌에 "
        "대해 질문할 수 있습니다. 모든 답에는 출처를 밝힙니다.",
        "talk_opinion": "Tenkyo에게는 자기 의견이 없습니다. 문서의 저자가 무엇을 말하는지 질문해 주세요.",
        "talk_documents": "등록된 문서: {titles}.",
    },
}

STATES: Mapping[str, Mapping[str, str]] = {
    "ja": {
        "not-tried": "未取得",
        "fetched": "全文あり",
        "abstract-only": "抄録のみ",
        "not-the-document": "リンク先が別のページ",
        "paywalled": "有料",
        "dead": "リンク切れ",
        "robots": "取得不可（robots.txt）",
        "too-large": "大きすぎる",
        "scanned": "画像のみ",
        "garbled": "文字化け",
        "unreadable": "読めない形式",
        "unreachable": "接続できず",
        "redirected": "転送が終わらない",
        "refused": "取得しないアドレス",
        "no-address": "アドレスなし",
    },
    "en": {
        "not-tried": "not fetched",
        "fetched": "full text",
        "abstract-only": "abstract only",
        "not-the-document": "address leads elsewhere",
        "paywalled": "paywalled",
        "dead": "dead link",
        "robots": "closed by robots.txt",
        "too-large": "too large",
        "scanned": "scanned, without text",
        "garbled": "garbled",
        "unreadable": "unreadable format",
        "unreachable": "unreachable",
        "redirected": "redirected without end",
        "refused": "address refused",
        "no-address": "no address",
    },
    "zh": {
        "not-tried": "未获取",
        "fetched": "有全文",
        "abstract-only": "仅摘要",
        "not-the-document": "链接指向其他页面",
        "paywalled": "需付费",
        "dead": "链接失效",
        "robots": "robots.txt禁止",
        "too-large": "过大",
        "scanned": "仅图像",
        "garbled": "乱码",
        "unreadable": "格式无法读取",
        "unreachable": "无法连接",
        "redirected": "重定向无法结束",
        "refused": "不予获取的地址",
        "no-address": "无地址",
    },
    "ko": {
        "not-tried": "가져오지 않음",
        "fetched": "전문 있음",
        "abstract-only": "초록만",
        "not-the-document": "다른 페이지로 연결됨",
        "paywalled": "유료",
        "dead": "끊어진 링크",
        "robots": "robots.txt로 금지",
        "too-large": "너무 큼",
        "scanned": "이미지만",
        "garbled": "글자 깨짐",
        "unreadable": "읽을 수 없는 형식",
        "unreachable": "연결되지 않음",
        "redirected": "리디렉션이 끝나지 않음",
        "refused": "가져오지 않는 주소",
        "no-address": "주소 없음",
    },
}


def say(language: str, message: str, **values: object) -> str:
    """A message in `language` ("ja", "en", "zh" or "ko"; else English), filled in."""
    return MESSAGES.get(language, MESSAGES["en"])[message].format(**values)


def state_word(language: str, state: str) -> str:
    """What a state of a cited work's text is called."""
    return STATES.get(language, STATES["en"]).get(state, state)


def origin_label(language: str, origin: str, number: int | None) -> str:
    """Label for the source of a quote: 〔論文〕, (reference 5); empty if it is unknown."""
    if origin == "document":
        return ""
    return say(language, origin, number="" if number is None else number)


def cites_words(language: str, *, certain: bool) -> str:
    """Words before a work that a quote cites; not `certain`: the quote may cite another work instead."""
    return say(language, "cites") + ("" if certain else f" ({say(language, 'one_of')})")


def quoted(language: str, text: str) -> str:
    """A title or place in the quotation marks of `language`."""
    return say(language, "quoted", text=text)


def spaced(language: str) -> str:
    """Separator between two sentences or words."""
    return "" if language in {"ja", "zh"} else " "


def listed_titles(language: str, titles: Sequence[str]) -> str:
    """The first titles in quotation marks, shortened, and how many more there are."""
    shown = (title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…" for title in titles[:_TITLES])
    named = say(language, "place_separator").join(quoted(language, title) for title in shown)
    more = len(titles) - _TITLES
    return named if more <= 0 else say(language, "and_more", titles=named, more=more)
