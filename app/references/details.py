"""What a holding's detail says, in Japanese: details are written in English when a work is fetched."""

import re
from collections.abc import Sequence

_GIVE = "tenkyo ingest FILE --as KEY"
_GIVE_JA = f"{_GIVE} で取り込む"
# Details around others: \1, \2, … are put in after they were turned into Japanese themselves.
_FRAMES = (
    (r"read on (\S+); asked again on (\S+): (.+)", r"\1に読んだもの。\2に再び確かめると、\3"),
    (r"(.+); could not be asked again on (\S+): (.+)", r"\1。\2には確かめ直せなかった（\3）"),
    (r"(.+); the file that the page names could not be had: (.+)", r"\1。ページが示すファイルは得られなかった（\2）"),
    (
        r"(\S+): not asked for more in this run, since it gave no answer \((.+)\)",
        r"\1は応答しなかったので、この回はもう尋ねていない（\2）",
    ),
    (r"(\S+) leads on to (.+)", r"\1の転送先は取得できない（\2）"),
)
# Parts of a detail, between semicolons.
_PARTS = (
    # what was read
    (r"([\d,]+) pages of a PDF", r"\1ページのPDF"),
    (r"a (\w+) file", r"\1形式のファイル"),
    (r"a page of ([\d,]+) characters", r"\1字のページ"),
    (r"not compared with the cited title, it is in another language", r"言語が違うので、題名とは照合していない"),
    (r"left out: (.+)", r"読めなかった部分：\1"),
    (r"from the file (.+)", r"手元のファイル\1から読んだ"),
    (
        r"it looks like another work \(its title: (.+)\), check that it is the right one",
        r"別の文献かもしれない（題名：\1）。確かめる",
    ),
    (r"a page about the work, with its abstract", r"文献を紹介するページで、要旨がある"),
    (r"a page about the work, which names a file of it", r"文献を紹介するページで、本文のファイルを示している"),
    # what was found in place of the work
    (r"the address gives another page than the cited work \(its title: (.+)\)", r"別のページが開いた（題名：\1）"),
    (r"the file is another work than the cited one \(its title: (.+)\)", r"別の文献のファイルだった（題名：\1）"),
    (
        r"the page names the work and holds neither its text nor an abstract",
        r"文献の名を挙げるだけで、本文も要旨もない",
    ),
    (r"the site asks whether a person is there \((.+)\)", r"サイトが人間かどうかの確認を求めている（\1）"),
    (r"the address gives an error page in place of the work \((.+)\)", r"文献ではなくエラー画面が開いた（\1）"),
    (r"the site asks for consent to cookies before it shows the work", r"サイトがまずクッキーへの同意を求めている"),
    (r"the address leads to a login \((.+)\)", r"ログイン画面が開いた（\1）"),
    (r"the address now leads to the front page of (.+)", r"今は\1の表紙へ移される"),
    (r"the address is that of the front page of (.+)", r"\1の表紙のアドレスである"),
    (r"the address gives a list of pages of (.+) \((.+)\)", r"\1のページの一覧が開いた（\2）"),
    (r"(.+) shows the whole text to subscribers only", r"\1は全文を購読者だけに見せる"),
    # files and pages that cannot be read
    (
        r"the page gives no text: its text is put in by a program that runs in a browser",
        r"本文がブラウザーの中でしか表示されない",
    ),
    (r"the page gives no text: it holds next to none", r"ページに本文がほとんどない"),
    (r"the address gives (\w+), which is not read", r"読めない形式（\1）だった"),
    (r"(\S+) is of the type (\w+), which is not read here", r"\1は読めない形式（\2）だった"),
    (r"(\S+) is compressed as \S+, which was not asked for", r"\1は求めていない形式で圧縮されていた"),
    (r"(\S+) is empty", r"\1は空だった"),
    (r"its pages are pictures without text", r"ページが画像で、文字がない"),
    (r"its characters cannot be trusted", r"取り出した文字が信用できない"),
    (r"the file is encrypted", r"ファイルが暗号化されている"),
    (r"the file is damaged", r"ファイルが壊れている"),
    (r"the file holds no text", r"ファイルに文字がない"),
    (r"the file is larger than what is read", r"ファイルが読める大きさを超えている"),
    (r"the file takes too long to read", r"ファイルを読むのに時間がかかりすぎる"),
    (r"the file cannot be read", r"ファイルが読めない"),
    (r"(\S+) has over ([\d,]+) bytes, more than is fetched", r"\1は取得の上限の\2バイトを超えている"),
    # sites
    (r"(\S+) answers (\d+) .+?: the page is not there", r"\1の応答は\2で、ページがない"),
    (r"(\S+) answers (\d+) .+?: the page was taken away", r"\1の応答は\2で、ページは取り下げられた"),
    (r"(\S+) answers (\d+) .+?: it refuses this program", r"\1の応答は\2で、自動取得を断られた"),
    (r"(\S+) answers (\d+) .+?: it asks for an account", r"\1の応答は\2で、ログインを求められた"),
    (r"(\S+) answers (\d+) .+?: it asks for a payment", r"\1の応答は\2で、支払いを求められた"),
    (r"(\S+) answers (\d+) .+?: it was asked too often", r"\1の応答は\2で、尋ねすぎとされた"),
    (r"(\S+) answers (\d+) .+?: check the address", r"\1の応答は\2だった。アドレスを確かめる"),
    (r"(\S+) answers (\d+) .+?: try again later", r"\1の応答は\2だった。後でもう一度試す"),
    (
        r"(\S+) answers (\d+) .+?: try again later \(it asks to wait (\d+) seconds\)",
        r"\1の応答は\2で、\3秒待つよう求められた",
    ),
    (r"try again later \(it asks to wait (\d+) seconds\)", r"\1秒待つよう求められた"),
    (r"(\S+): the name leads nowhere \(.+\)", r"\1という名前のサイトが見つからない"),
    (r"(\S+): looking up the name takes too long", r"\1の名前の検索に時間がかかりすぎる"),
    (r"(\S+): not asked, since no site answers", r"どのサイトも応答しないので、\1には尋ねていない"),
    (r"(\S+) cannot be reached \(.+\)", r"\1につながらない"),
    (r"(\S+) does not answer within ([\d.]+) seconds", r"\1が\2秒以内に応答しない"),
    (r"(\S+) takes too long \(.+\)", r"\1の応答に時間がかかりすぎる"),
    (r"(\S+) breaks off or speaks no HTTP \(.+\)", r"\1との通信が途切れた"),
    (
        r"(\S+): the site's robots\.txt asks programs to leave this page alone",
        r"\1はサイトの robots.txt が自動取得を断っている",
    ),
    # addresses that are not asked
    (r"(\S+): only ports 80 and 443 are fetched", r"\1はポートが80でも443でもないので取得しない"),
    (r"(\S+) is no address of the public web", r"\1は公開のウェブのアドレスではない"),
    (r"(\S+) leads to (\S+), which is no address of the public web", r"\1は\2を指し、公開のウェブのアドレスではない"),
    (r"if this server is meant, (?:allow it with )?(--allow-host \S+)", r"このサーバーでよければ \1 を付けて実行する"),
    (
        r"(\S+): addresses with a user name or password are not fetched",
        r"利用者名やパスワードを含むアドレスは取得しない",
    ),
    (r"(\S+): only http:// and https:// addresses are fetched", r"\1：http:// と https:// だけを取得する"),
    (r"(\S+): IP addresses are fetched in their usual spelling only", r"\1：IPアドレスは通常の書き方だけを取得する"),
    (r"(\S+): leads in a circle back to (\S+) .*", r"\1は転送を繰り返して\2に戻る"),
    (r"(\S+): leads on more than (\d+) times, last to (\S+)", r"\1は\2回を超えて転送される（最後は\3）"),
    (r"its address is another one since it was asked", r"前に尋ねた後でアドレスが変わった"),
    (r"its text was read, and was taken out of the index since", r"本文を読んだが、その後索引から外された"),
    (r"(\S+): not a web address \(.+\)", r"\1はウェブのアドレスとして正しくない"),
    # what to do
    (rf"look for .+ or a copy, and give the file with {_GIVE}", rf"新しいアドレスか写しを探し、{_GIVE_JA}"),
    (rf"if that is not had, find it and give the file with {_GIVE}", rf"得られなければ自分で探し、{_GIVE_JA}"),
    (
        rf"(?:if you may log in, )?open it in a browser, save it, and give the file with {_GIVE}",
        rf"ブラウザーで開いて保存し、{_GIVE_JA}",
    ),
    (
        rf"open it in a browser, print it to a PDF, and give that with {_GIVE}",
        rf"ブラウザーで開いてPDFに印刷し、{_GIVE_JA}",
    ),
    (rf"if you may read it, save it and give the file with {_GIVE}", rf"読む権利があれば保存し、{_GIVE_JA}"),
    (rf"recognise their text \(OCR\) and give the file with {_GIVE}", rf"文字認識(OCR)をかけ、{_GIVE_JA}"),
    (
        rf"find another edition, or recognise its text anew \(OCR\), and give the file with {_GIVE}",
        rf"別の版を探すか文字認識(OCR)をかけ直し、{_GIVE_JA}",
    ),
    (rf"save it without its password and give the file with {_GIVE}", rf"パスワードなしで保存し直し、{_GIVE_JA}"),
    (rf"save the part that matters and give the file with {_GIVE}", rf"必要な部分だけを保存し、{_GIVE_JA}"),
    (rf"(?:find|look for) .+?,? and give the file with {_GIVE}", rf"本文のファイルを探し、{_GIVE_JA}"),
    (r"look for its new address", r"新しいアドレスを探す"),
    (r"look for it in a web archive", r"ウェブの保存版を探す"),
    (r"look for a PDF or a page of it", r"PDFかページを探す"),
    (r"(?:open it in|sign in with) a browser, save the file and ingest that", r"ブラウザーで開いて保存し、取り込む"),
    (r"get the file through a library and ingest that", r"図書館などでファイルを手に入れ、取り込む"),
    (r"save it by hand", r"手で保存する"),
    (r"try again later(?: or save it by hand)?", r"後でもう一度試す"),
    (r"check it, and the network", r"アドレスとネットワークを確かめる"),
    (r"check the address and the network", r"アドレスとネットワークを確かめる"),
    (r"check the network(?:, try again)?", r"ネットワークを確かめる"),
)


def japanese(detail: str) -> str:
    """A detail in Japanese; what is not known of it stays as it is."""
    for pattern, frame in _FRAMES:
        if found := re.fullmatch(pattern, detail):
            return _filled(frame, [japanese(one) for one in found.groups()])
    return "。".join(map(_part, detail.split("; ")))


def _filled(frame: str, inner: Sequence[str]) -> str:
    return re.sub(r"\\(\d)", lambda place: inner[int(place[1]) - 1], frame)


def _part(part: str) -> str:
    for pattern, sentence in _PARTS:
        if found := re.fullmatch(pattern, part):
            return found.expand(sentence)
    return part
