# ruff: noqa: E501 (a page is read as one line)
"""A web of made pages, each with the state that a reader would give it."""

from dataclasses import dataclass

from ingest.document import Reference
from ingest.references.fetch_record import State
from tests.ingest.references.made_pages import EN, JA, data, metas, page, paragraphs, wanted

JA_TITLE = "灯台の無人化と沿岸航路の安全"
EN_TITLE = "Unmanned Lighthouses and the Safety of Coastal Shipping"
W_JA = wanted(title=JA_TITLE, authors=("岬太郎",), date="2025-02-07", language="ja")
W_EN = wanted(title=EN_TITLE, authors=("Harbour Institute",), date="2024-12", language="en")


@dataclass(frozen=True, slots=True)
class Case:
    """A page, the work that was wanted of it, and what it is. `links` is how the first address handed on ends."""

    name: str
    content: str
    state: State
    wanted: Reference = W_EN
    url: str = "https://www.example.org/news/2025/article-1.html"
    asked: str = ""
    links: str = ""


def cards(count: int, lang: str = "en", summary: bool = False) -> str:
    """Teasers of other pages, as front pages and lists show them."""
    names = (
        "Harbour fees rise",
        "A bridge for the north shore",
        "Ferry timetable for the winter",
        "New cranes arrive at the docks",
    )
    names_ja = ("港の使用料が上がる", "北岸に新しい橋", "冬の渡し船の時刻", "新しい起重機が着いた")
    pieces = []
    for place in range(count):
        name = (names_ja if lang == "ja" else names)[place % 4] + f" ({place + 1})"
        text = f"<p>{(JA if lang == 'ja' else EN)[place % 8][:60]}</p>" if summary else ""
        pieces.append(f'<div class="card"><h3><a href="/n/{place}.html">{name}</a></h3>{text}</div>')
    return "".join(pieces)


def article(
    title: str, lang: str = "en", count: int = 8, head: str = "", extra: str = "", site: str = "The Shore News"
) -> str:
    """A page with a heading and paragraphs in an article."""
    text = paragraphs(JA if lang == "ja" else EN, count)
    return page(f"{title} | {site}", f"<main><article><h1>{title}</h1>{text}</article>{extra}</main>", head, lang)


COOKIES = (
    '<div id="onetrust-banner-sdk" class="cookie-banner"><h2>We value your privacy</h2><p>We and our partners use '
    "cookies to improve your experience. Accept all cookies or manage your preferences.</p><button>Accept</button></div>"
)
JSTAGE = metas(
    citation_title=JA_TITLE, citation_author="岬 太郎", citation_journal_title="灯台学研究", citation_publication_date="2024/10/01",
    citation_pdf_url="https://www.jstage.example.jp/article/todai/12/3/12_45/_pdf/-char/ja",
)  # fmt: skip
LOGIN = '<form action="/login" method="post"><label>Name</label><input name="u"><input type="password" name="p"><button>Go</button></form>'
PDF_BUTTON = '<p><a class="btn" href="/files/lighthouse-report-2024.pdf">Download the full report (PDF)</a></p>'
TEASER_JA = paragraphs(JA, 1, 2)

FIRST = (
    Case("news article", article(EN_TITLE), "fetched"),
    Case("news article in Japanese", article(JA_TITLE, "ja"), "fetched", W_JA),
    Case("news article with a cookie banner", article(EN_TITLE, extra=COOKIES), "fetched"),
    Case("news article with many teasers", article(EN_TITLE, extra=f"<aside>{cards(20)}</aside><div>{cards(12)}</div>"), "fetched"),
    Case("paywall teaser, said in words",
         page(f"{JA_TITLE}：岬新聞", f"<article><h1>{JA_TITLE}</h1>{TEASER_JA}<p>この記事は会員限定です。登録すると続きをお読みいただけます。</p><p>残り1530文字</p></article>", lang="ja"),
         "paywalled", W_JA),
    Case("paywall teaser, said in data",
         article(EN_TITLE, count=2, head=data(**{"@type": "NewsArticle", "isAccessibleForFree": False, "headline": EN_TITLE})), "paywalled"),
    Case("paywall in English", article(EN_TITLE, count=2, extra="<div class='gate'><h2>Subscribe to continue reading</h2><p>Already a subscriber? Sign in.</p></div>"), "paywalled"),
    Case("ministry page made of tables",
         page(f"{JA_TITLE}｜海の省", f"<table><tr><td><h2>{JA_TITLE}</h2></td></tr><tr><td>令和7年2月7日</td></tr><tr><td><p>1　{JA[0]}{JA[2]}</p><p>2　{JA[4]}{JA[5]}</p>"
              f"<table><tr><th>項目</th><th>内容</th></tr><tr><td>費用</td><td>三億円</td></tr><tr><td>人員</td><td>十二人</td></tr></table></td></tr></table>", lang="ja"),
         "fetched", W_JA, "https://www.umi.example.go.jp/press/0207.html"),
    Case("J-STAGE landing page with an abstract",
         page(f"{JA_TITLE}", f"<h1>{JA_TITLE}</h1><p>岬 太郎</p><h2>抄録</h2><p>{''.join(JA[:5])}</p><h2>引用文献</h2><ul>{''.join(f'<li>沖次郎（{1990 + n}）「波の記録」その{n}、海の会。</li>' for n in range(20))}</ul>", JSTAGE, "ja"),
         "abstract-only", W_JA, "https://www.jstage.example.jp/article/todai/12/3/12_45/_article/-char/ja", links="/_pdf/-char/ja"),
    Case("repository page (WEKO) with a file",
         page(f"{JA_TITLE} - 岬大学学術リポジトリ", f'<div id="detail"><table><tr><th>タイトル</th><td>{JA_TITLE}</td></tr><tr><th>著者</th><td>岬, 太郎</td></tr><tr><th>抄録</th><td>{JA[0]}{JA[5]}{JA[6]}</td></tr>'
              f'<tr><th>ファイル</th><td><a href="https://misaki.repo.example.jp/record/2345/files/todai.pdf">todai.pdf (1.2 MB)</a></td></tr></table></div>',
              metas(citation_title=JA_TITLE, citation_pdf_url="https://misaki.repo.example.jp/record/2345/files/todai.pdf", citation_author="岬, 太郎"), "ja"),
         "abstract-only", W_JA, "https://misaki.repo.example.jp/records/2345", links="/record/2345/files/todai.pdf"),
    Case("think-tank report page with a button", page(f"{EN_TITLE} | Harbour Institute", f"<main><h1>{EN_TITLE}</h1>{paragraphs(EN, 2)}{PDF_BUTTON}</main>", lang="en"), "abstract-only", links="/files/lighthouse-report-2024.pdf"),
    Case("front page in place of the article", page("The Shore News", f"<main><h1>Top stories</h1>{cards(30, summary=True)}</main>", lang="en"), "not-the-document", url="https://www.example.org/", asked="https://www.example.org/news/1"),
    Case("the entry's address is a front page", page("Harbour Council - Independent research on the sea", f"<main><h2>Featured</h2>{cards(12, summary=True)}<p>{EN[0]}</p></main>", lang="en"), "not-the-document", url="https://harbourcouncil.example.org"),
    Case("consent wall", page("Before you continue", "<main><h1>Before you continue</h1><p>We use cookies and data to deliver our services. Accept all cookies?</p><button>Accept all</button></main>", lang="en"), "not-the-document", url="https://consent.example.org/m?continue=x"),
    Case("soft 404 in Japanese", page("お探しのページは見つかりません｜海の省", "<main><h1>お探しのページは見つかりませんでした</h1><p>ページが移動または削除された可能性があります。</p></main>", lang="ja"), "not-the-document", W_JA),
    Case("soft 404 in English", page("Page not found | Harbour Institute", f"<main><h1>Sorry, we can't find that page</h1><p>Try a search or one of these.</p>{cards(6)}</main>", lang="en"), "not-the-document"),
    Case("robot check", "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><div>Enable JavaScript and cookies to continue</div><script>go()</script></body></html>", "not-the-document"),
    Case("shell of an application", '<!DOCTYPE html><html><head><title>Harbour Data</title></head><body><div id="root"></div><noscript>You need to enable JavaScript to run this app.</noscript><script src="/a.js"></script></body></html>', "unreadable"),
    Case("login", page("Log in - Harbour Intranet", f"<main><h1>Log in</h1>{LOGIN}</main>", lang="en"), "not-the-document"),
    Case("login for subscribers", page("会員ログイン | 岬新聞", f"<main><h1>ログイン</h1><p>有料会員の方はログインしてください。購読のお申し込みはこちら。</p>{LOGIN}</main>", lang="ja"), "paywalled", W_JA),
    Case("another article", article("Winter Ferry Timetable and New Fares for Island Residents"), "not-the-document", wanted(title="Trade Tariffs and the Dollar after the Election", language="en")),
    Case("topic page that is the work", page("Climate Change | Agency for the Sea", f"<main><h1>Climate Change</h1>{paragraphs(EN, 3)}{cards(6)}</main>", lang="en"), "fetched", wanted(title="Climate Change", language="en"), "https://www.agency.example.gov/climate-change"),
    Case("list of news", page("News | Harbour Institute", f"<main><h1>News</h1>{cards(40)}</main>", lang="en"), "not-the-document", url="https://www.example.org/news/"),
)  # fmt: skip

HELD_OUT = (
    Case("news with a dek and author in another order", page(f"The Shore News: {EN_TITLE}", f"<div class='story'><div class='hdr'><h1>{EN_TITLE}</h1><span>By A. Keeper</span><time>December 3, 2024</time></div>{paragraphs(EN, 6)}</div>", lang="en"), "fetched"),
    Case("short press note", page(f"海の省：{JA_TITLE}", f"<div id='contents'><h1>{JA_TITLE}</h1><p>令和7年2月7日</p><p>{JA[0]}{JA[4]}</p></div>", lang="ja"), "fetched", W_JA, "https://www.umi.example.go.jp/jp/0207.html"),
    Case("press conference as dl", page(f"大臣会見概要 {JA_TITLE}", "<h1>" + JA_TITLE + "</h1><dl>" + "".join(f"<dt>問{n + 1}</dt><dd>{JA[n]}{JA[(n + 3) % 8]}</dd>" for n in range(8)) + "</dl>", lang="ja"), "fetched", W_JA),
    Case("open article on a site that sells others", article(JA_TITLE, "ja", 8, extra="<aside><h2>会員限定記事</h2><ul><li><a href='/p/1'>有料会員になる</a></li></ul></aside>"), "fetched", W_JA),
    Case("article that speaks of paywalls and captchas", page(f"{EN_TITLE} | Blog", f"<article><h1>{EN_TITLE}</h1>{paragraphs(EN, 7)}<p>Some sites ask readers to subscribe to continue, or show a captcha and a page not found.</p></article>", lang="en"), "fetched"),
    Case("paid teaser with data in a graph", article(JA_TITLE, "ja", 1, head=data(**{"@graph": [{"@type": "NewsArticle", "isAccessibleForFree": "False"}]})), "paywalled", W_JA),
    Case("paid teaser by a count of characters", page(f"{JA_TITLE} - 灯台新聞", f"<main><h1>{JA_TITLE}</h1>{TEASER_JA}<p>記事全文をお読みいただくには有料プランへのご登録が必要です。</p></main>", lang="ja"), "paywalled", W_JA),
    Case("journal that sells its article", page(f"{EN_TITLE} | Journal of Lights", f"<main><h1>{EN_TITLE}</h1><h2>Abstract</h2><p>{' '.join(EN[:4])}</p><h2>Get full access to this article</h2><p>Purchase this article or access through your institution.</p></main>", metas(citation_title=EN_TITLE, citation_journal_title="Journal of Lights"), "en"), "abstract-only", url="https://journals.example.com/doi/10.1000/lights.12"),
    Case("CiNii-like record with a link", page(f"CiNii 論文 - {JA_TITLE}", f"<h1>{JA_TITLE}</h1><p>岬太郎</p><h2>抄録</h2><p>{''.join(JA[:4])}</p><ul><li><a href='https://misaki.repo.example.jp/record/9/files/a9.pdf'>機関リポジトリ 本文PDF</a></li></ul>", lang="ja"), "abstract-only", W_JA, "https://cir.example.jp/crid/123", links="/record/9/files/a9.pdf"),
    Case("arXiv", page(f"[2412.01234] {EN_TITLE}", f"<h1 class='title'>Title: {EN_TITLE}</h1><blockquote class='abstract'>Abstract: {' '.join(EN[:5])}</blockquote><a href='/pdf/2412.01234'>View PDF</a>", metas(citation_title=EN_TITLE, citation_pdf_url="https://arxiv.org/pdf/2412.01234"), "en"), "abstract-only", url="https://arxiv.org/abs/2412.01234", links="arxiv.org/pdf/2412.01234"),
    Case("CRS-like page with the whole text", page(f"{EN_TITLE} | Congress", f"<h1>{EN_TITLE}</h1><a href='/product/pdf/R/R40001'>Download PDF</a><h2>Summary</h2>{paragraphs(EN, 4)}<h2>Background</h2>{paragraphs(EN, 10)}", lang="en"), "fetched", url="https://crs.example.gov/product/R40001"),
    Case("record without an abstract", page(f"{EN_TITLE}", f"<h1>{EN_TITLE}</h1><p>Author: A. Keeper</p>", metas(citation_title=EN_TITLE, citation_publisher="Shore"), "en"), "not-the-document"),
    Case("front page in a language folder", page("岬シンクタンク", f"<h1>岬シンクタンク</h1>{cards(14, 'ja', summary=True)}", lang="ja"), "not-the-document", W_JA, "https://www.misaki.example.jp/ja/", "https://www.misaki.example.jp/reports/77"),
    Case("portal index", page("総合案内 - 港の市役所", f"<main>{cards(60, 'ja')}</main>", lang="ja"), "not-the-document", W_JA, "https://www.city.example.jp/index.html"),
    Case("a site that is itself the work", page("Lighthouse 2030", f"<main><h1>Lighthouse 2030</h1>{paragraphs(EN, 8)}</main>", lang="en"), "fetched", wanted(title="Lighthouse 2030", language="en"), "https://lighthouse2030.example.org/"),
    Case("search results", page("「灯台」の検索結果", f"<main><h1>検索結果</h1><p>120件中1～20件</p>{cards(20, 'ja', summary=True)}</main>", lang="ja"), "not-the-document", W_JA, "https://www.example.jp/search?q=x"),
    Case("soft 404 that keeps its status to itself", page("エラー | 岬新聞", "<main><h2>エラー</h2><p>ご指定のページは存在しないか、掲載期間が終了しました。</p></main>", lang="ja"), "not-the-document", W_JA),
    Case("expired news", page("岬新聞デジタル", "<main><p>この記事は掲載を終了しました。</p></main>", lang="ja"), "not-the-document", W_JA),
    Case("404 with teasers", page("404 - The Shore News", f"<main><h1>Oops!</h1><p>The page you requested was not found.</p>{cards(12, summary=True)}</main>", lang="en"), "not-the-document"),
    Case("captcha in Japanese", page("アクセス確認", "<p>あなたがロボットではありませんことを確認するため、画像認証を行ってください。</p>", lang="ja"), "not-the-document", W_JA),
    Case("are you a robot", page("Shore Finance - Are you a robot?", "<h1>We've detected unusual activity from your computer network</h1><p>To continue, please click the box below to let us know you're not a robot.</p>", lang="en"), "not-the-document"),
    Case("access denied", "<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1>You don't have permission to access this server.<p>Reference #18.2f</p></body></html>", "not-the-document"),
    Case("application shell with a menu", page("港のデータ", '<div id="__next"></div><script src="/x.js"></script>', lang="ja"), "unreadable", W_JA),
    Case("cookie wall in Japanese", page("クッキーの使用について", "<main><h1>クッキー（cookie）の使用について</h1><p>当サイトではcookieを使用します。利用に同意してください。</p></main>", lang="ja"), "not-the-document", W_JA),
    Case("single sign-on", page("岬大学 認証システム", f"<h1>岬大学 認証</h1>{LOGIN}", lang="ja"), "not-the-document", W_JA),
    Case("another article in Japanese", article("新しい橋の開通式と北岸の観光客の数", "ja"), "not-the-document", wanted(title="関税政策の目的と貿易赤字の推移", language="ja")),
    Case("policy page whose title is a little different", page("灯台・航路政策（海の省）", f"<h1>灯台・航路政策</h1>{paragraphs(JA, 4)}", lang="ja"), "fetched", wanted(title="灯台航路政策", authors=("海の省",), language="ja"), "https://www.umi.example.go.jp/policy/todai.html"),
    Case("work in another language than its citation", article(EN_TITLE), "fetched", W_JA),
    Case("cited with a subtitle the page lacks", article("Unmanned Lighthouses"), "fetched", wanted(title="Unmanned Lighthouses: What the Survey of Keepers Tells Us about the Coming Decade", authors=("The Shore News",), language="en")),
    Case("entry without a title", article(EN_TITLE), "fetched", wanted()),
)  # fmt: skip
