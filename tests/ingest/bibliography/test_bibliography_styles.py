"""Entries in the styles of many fields and countries, field by field; all are made up."""

import pytest

from ingest.bibliography.parser import parse_entry
from ingest.text import close_up

# Each entry, then = its authors | title | container | publisher | date | address; a line break stands for a space.
ENTRIES = """
Reed, J. S., Brown, T., & Light, P. (2021). Lamp use on small islands. Journal of Coastal Studies, 14(2), 101–119.
https://doi.org/10.1000/jcs.2021.14
= Reed, J. S. ; Brown, T. ; Light, P. | Lamp use on small islands | Journal of Coastal Studies |  | 2021 |
  https://doi.org/10.1000/jcs.2021.14

Brown, T. A. (2015). The keeper’s year: A study of work (2nd ed.). Harbor Press.
= Brown, T. A. | The keeper’s year: A study of work |  | Harbor Press | 2015 |

Light, P. (2018). Mirrors and lenses. In J. Reed & T. Brown (Eds.), Handbook of signals (pp. 33–58). Lamp University
Press.
= Light, P. | Mirrors and lenses | Handbook of signals | Lamp University Press | 2018 |

World Lamp Organization. (2022, May 3). Global lamp report 2022. https://www.example.org/report-2022
= World Lamp Organization | Global lamp report 2022 |  | World Lamp Organization | 2022-05-03 |
  https://www.example.org/report-2022

Hill, M. (2020, November 9). Why the old light went out. The Harbor Times. https://www.example.com/old-light
= Hill, M. | Why the old light went out | The Harbor Times |  | 2020-11-09 | https://www.example.com/old-light

van der Berg, K., & O’Neil, S. (n.d.). Fog signals. Retrieved March 4, 2023, from https://example.net/fog
= van der Berg, K. ; O’Neil, S. | Fog signals |  |  |  | https://example.net/fog

Reed, Joan. “The Last Keeper.” Coastal Review, vol. 9, no. 4, 2012, pp. 55–71.
= Reed, Joan | The Last Keeper | Coastal Review |  | 2012 |

Brown, Tom, and Paula Light. Signals at Sea. Harbor Press, 2009.
= Brown, Tom ; Paula Light | Signals at Sea |  | Harbor Press | 2009 |

Joan P. Reed and Tom M. Brown. Lamps and Lenses. Harbor Press, New York, 2003.
= Joan P. Reed ; Tom M. Brown | Lamps and Lenses |  | Harbor Press | 2003 |

Paula L. Light, Karen Hill, and Hans-Joachim F. Moor. Signals at night. Coastal Review, 11(3):27–30, 2007.
= Paula L. Light ; Karen Hill ; Hans-Joachim F. Moor | Signals at night | Coastal Review |  | 2007 |

Hill, Mary. “Lamps in the Novel.” The Oxford Companion to Light, edited by Joan Reed, Oxford University Press, 2016,
pp. 201–18.
= Hill, Mary | Lamps in the Novel | The Oxford Companion to Light | Oxford University Press | 2016 |

“How to Clean a Lens.” Lamp Society, 12 June 2019, www.example.org/clean.
=  | How to Clean a Lens | Lamp Society | Lamp Society | 2019-06-12 | https://www.example.org/clean

Light, Peter. Keeping Watch: Lighthouses and the State. Chicago: University of Chicago Press, 1998.
= Light, Peter | Keeping Watch: Lighthouses and the State |  | University of Chicago Press | 1998 |

Brown, Thomas. “Dues and Duties.” International Lamps 52, no. 3 (1998): 427–60.
= Brown, Thomas | Dues and Duties | International Lamps |  | 1998 |

Reed, Joan, and Paul Hill, eds. The Politics of Light. New York: Columbia University Press, 2003.
= Reed, Joan ; Paul Hill | The Politics of Light |  | Columbia University Press | 2003 |

Hill, Paul. “Who Pays for Light?” PhD diss., University of Harbor, 2011.
= Hill, Paul | Who Pays for Light? |  | University of Harbor | 2011 |

Light, Peter. 2005. “Lamps and Law.” Journal of Maritime Law 11 (2): 14–39.
= Light, Peter | Lamps and Law | Journal of Maritime Law |  | 2005 |

Reed, Joan. 1999. A Theory of Lamps. Cambridge: Cambridge University Press.
= Reed, Joan | A Theory of Lamps |  | Cambridge University Press | 1999 |

[4] J. S. Reed and T. Brown, “A cheap lens for dim lamps,” IEEE Trans. Lamps, vol. 5, no. 2, pp. 120–131, Mar. 2014,
doi: 10.1000/tl.2014.5.
= J. S. Reed ; T. Brown | A cheap lens for dim lamps | IEEE Trans. Lamps |  | 2014-03 |
  https://doi.org/10.1000/tl.2014.5

[5] P. Light, Optics of Lamps, 3rd ed. New York, NY, USA: McGraw-Hill, 2007.
= P. Light | Optics of Lamps |  | McGraw-Hill | 2007 |

Brown, T. and Light, P. (2017) ‘Paying for light’, Journal of Port Economics, 8(1), pp. 4–22.
= Brown, T. ; Light, P. | Paying for light | Journal of Port Economics |  | 2017 |

Reed, J. (2010) Lamps of the north. 2nd edn. London: Harbor Press.
= Reed, J. | Lamps of the north |  | Harbor Press | 2010 |

Reed JS, Brown T. Night vision in keepers. J Lamp Med. 2016 Jan;12(1):33-9.
= Reed JS ; Brown T | Night vision in keepers | J Lamp Med |  | 2016-01 |

佐藤花子, 鈴木一郎. 灯台における電力利用. 港湾技術研究. 2018, vol. 12, no. 3, p. 45-58.
= 佐藤花子 ; 鈴木一郎 | 灯台における電力利用 | 港湾技術研究 |  | 2018 |

山田太郎. 灯台の社会史. 東都大学出版会, 2005, 312p.
= 山田太郎 | 灯台の社会史 |  | 東都大学出版会 | 2005 |

海上保安庁. “航路標識の現況”. 海上保安庁. 2021-04-01. https://www.example.go.jp/aton, (参照 2022-01-15).
= 海上保安庁 | 航路標識の現況 |  | 海上保安庁 | 2021-04-01 | https://www.example.go.jp/aton

高橋次郎. “霧笛の設計”. 航路標識ハンドブック. 田中三郎編. 港書房, 1999, p. 101-130.
= 高橋次郎 | 霧笛の設計 | 航路標識ハンドブック | 港書房 | 1999 |

山田太郎（2003）「灯台と国家―近代日本の航路標識」『年報政治灯台学』54巻1号、23-45頁。
= 山田太郎 | 灯台と国家―近代日本の航路標識 | 年報政治灯台学 |  | 2003 |

鈴木一郎（1998）『灯台の政治学』東都大学出版会。
= 鈴木一郎 | 灯台の政治学 |  | 東都大学出版会 | 1998 |

佐藤花子（2010）「海の灯りと地域」高橋次郎・田中三郎編『地域と海の政治』港書房、101-130頁。
= 佐藤花子 | 海の灯りと地域 | 地域と海の政治 | 港書房 | 2010 |

ジョン・リード（2001）『灯りの条件』山田太郎訳、岩海書店。
= ジョン・リード | 灯りの条件 |  | 岩海書店 | 2001 |

田中三郎「灯台の民営化をめぐって」『法学論叢』第120巻第3号（1987年）1-40頁。
= 田中三郎 | 灯台の民営化をめぐって | 法学論叢 |  | 1987 |

高橋次郎『霧の政治』（海新書、1976年）。
= 高橋次郎 | 霧の政治 |  | 海新書 | 1976 |

港新聞社編『灯台百年』港新聞社、1968年。
= 港新聞社 | 灯台百年 |  | 港新聞社 | 1968 |

『北浜新聞』2019年5月12日朝刊「灯台の灯が消える日」。
=  | 灯台の灯が消える日 | 北浜新聞 |  | 2019-05-12 |

[1] 王小明, 李华. 灯塔技术发展研究[J]. 海洋工程, 2015, 33(4): 12-18.
= 王小明 ; 李华 | 灯塔技术发展研究 | 海洋工程 |  | 2015 |

[2] 张伟. 灯塔史[M]. 北京: 海洋出版社, 2008: 45-60.
= 张伟 | 灯塔史 |  | 海洋出版社 | 2008 |

[3] 刘洋. 航标管理制度研究[D]. 大连: 大连海事大学, 2012.
= 刘洋 | 航标管理制度研究 |  | 大连海事大学 | 2012 |

[4] 国家海洋局. 海洋公报[R/OL]. (2019-05-01)[2020-03-02]. http://www.example.gov.cn/gb.html.
= 国家海洋局 | 海洋公报 |  | 国家海洋局 | 2019-05-01 | http://www.example.gov.cn/gb.html

[5] 陈静. 沿海灯塔今何在[N]. 海港日报, 2016-08-09(4).
= 陈静 | 沿海灯塔今何在 | 海港日报 |  | 2016-08-09 |

김철수, 「등대의 정치사」, 『한국항만연구』 제12권 2호, 2014, 33-58쪽.
= 김철수 | 등대의 정치사 | 한국항만연구 |  | 2014 |

이영희, 『바다의 불빛』 (서울: 항구출판사, 2006), 45쪽.
= 이영희 | 바다의 불빛 |  | 항구출판사 | 2006 |

박민수·최지영. 2018. “등대와 지역사회.” 『지역정치연구』 7(1): 5-30.
= 박민수 ; 최지영 | 등대와 지역사회 | 지역정치연구 |  | 2018 |

Okafor, C., Lindqvist, E., & Marsh, D. R. (2019). When buoys drift: Evidence from two straits. Ocean Policy Quarterly,
31(4), 512–540. https://doi.org/10.1000/opq.31.512
= Okafor, C. ; Lindqvist, E. ; Marsh, D. R. | When buoys drift: Evidence from two straits | Ocean Policy Quarterly |
  | 2019 | https://doi.org/10.1000/opq.31.512

Marsh, D. R. (Ed.). (2011). Buoys of the world. Anchor Publishing.
= Marsh, D. R. | Buoys of the world |  | Anchor Publishing | 2011 |

Lindqvist, E. (2014). Bells. In A. Marsh (Ed.), Sound at sea (3rd ed., pp. 5–19). Routledge.
= Lindqvist, E. | Bells | Sound at sea | Routledge | 2014 |

National Buoy Administration. (2023). Annual statistics of buoys (Report No. 77). https://stats.example.gov/77.pdf
= National Buoy Administration | Annual statistics of buoys |  | National Buoy Administration | 2023 |
  https://stats.example.gov/77.pdf

Okafor, Chidi, et al. “Bells under Ice.” Polar Notes, vol. 3, 2020, pp. 8–15. JSTOR, www.example.org/stable/1234.
= Okafor, Chidi | Bells under Ice | Polar Notes | JSTOR | 2020 | https://www.example.org/stable/1234

Marsh, Dora. The Drift of Things. Translated by Anna Weil, Anchor Books, 2001.
= Marsh, Dora | The Drift of Things |  | Anchor Books | 2001 |

Weil, Anna. “Straits and Treaties.” In Law at the Water’s Edge, edited by Dora Marsh, 88–120. Princeton: Princeton
University Press, 2006.
= Weil, Anna | Straits and Treaties | Law at the Water’s Edge | Princeton University Press | 2006 |

Dora Marsh, “A Bell for Every Harbor,” New York Times, March 3, 2012.
= Dora Marsh | A Bell for Every Harbor | New York Times |  | 2012-03-03 |

Lindqvist, Erik. 2012. Tides and Tariffs. Ithaca, NY: Cornell University Press.
= Lindqvist, Erik | Tides and Tariffs |  | Cornell University Press | 2012 |

[7] C. Okafor, E. Lindqvist, and D. Marsh, “Detecting drift with radar,” in Proc. 12th Int. Conf. Buoys, Oslo, Norway,
2018, pp. 44–51.
= C. Okafor ; E. Lindqvist ; D. Marsh | Detecting drift with radar | Proc. 12th Int. Conf. Buoys |  | 2018 |

Okafor C, Marsh DR, Weil A. Hearing loss among bell keepers. Lancet Sea. 2021;5(3):120-8.
= Okafor C ; Marsh DR ; Weil A | Hearing loss among bell keepers | Lancet Sea |  | 2021 |

Marsh, D. (2016) Buoy yards of Europe. Bristol: Policy Press. Available at: https://example.org/yards (Accessed: 5 May
2020).
= Marsh, D. | Buoy yards of Europe |  | Policy Press | 2016 | https://example.org/yards

中村海斗, 小林凪. 浮標の漂流予測. 海洋情報学会誌. 2020, 25(1), p. 1-12. https://doi.org/10.1000/kaiyo.25.1,
(参照 2021-02-03).
= 中村海斗 ; 小林凪 | 浮標の漂流予測 | 海洋情報学会誌 |  | 2020 | https://doi.org/10.1000/kaiyo.25.1

小林凪. 浮標入門. 第2版, 青海出版, 2011, 198p.
= 小林凪 | 浮標入門 |  | 青海出版 | 2011 |

中村海斗・小林凪（2016）「海峡通航の政治経済」『国際海峡』180号、15-29頁。
= 中村海斗 ; 小林凪 | 海峡通航の政治経済 | 国際海峡 |  | 2016 |

小林凪, 2009, 『海峡の思想』青海書房.
= 小林凪 | 海峡の思想 |  | 青海書房 | 2009 |

松本渚「浮標と主権」加藤陸編著『海の秩序を問う』青海書房、2013年、55～80頁。
= 松本渚 | 浮標と主権 | 海の秩序を問う | 青海書房 | 2013 |

D・マーシュ、A・ワイル（松本渚訳）『海峡の法』青海書房、1995年。
= D・マーシュ ; A・ワイル | 海峡の法 |  | 青海書房 | 1995 |

海峡庁「浮標の設置状況について」2022年10月5日、https://www.example.go.jp/fuhyo.html、2023年1月10日閲覧。
= 海峡庁 | 浮標の設置状況について |  | 海峡庁 | 2022-10-05 | https://www.example.go.jp/fuhyo.html

加藤陸 (2018). 浮標の維持費負担に関する研究. 海洋政策研究, 7(2), 34-50.
= 加藤陸 | 浮標の維持費負担に関する研究 | 海洋政策研究 |  | 2018 |

青海新聞「浮標、また流失」2021年9月1日夕刊、3面。
= 青海新聞 | 浮標、また流失 | 青海新聞 | 青海新聞 | 2021-09-01 |

[6] 赵敏, 孙磊, 周涛. 浮标漂移的数值模拟[J]. 海洋学报, 2019, 41(6): 77-85.
= 赵敏 ; 孙磊 ; 周涛 | 浮标漂移的数值模拟 | 海洋学报 |  | 2019 |

[7] 孙磊. 海峡通行制度[M]. 2版. 上海: 上海人民出版社, 2014.
= 孙磊 | 海峡通行制度 |  | 上海人民出版社 | 2014 |

周涛：《海峡与主权》，北京：世界知识出版社，2010年版，第33页。
= 周涛 | 海峡与主权 |  | 世界知识出版社 | 2010 |

赵敏：《浮标的政治》，《国际海峡研究》2017年第3期，第20—35页。
= 赵敏 | 浮标的政治 | 国际海峡研究 |  | 2017 |

정하늘, 「해협과 주권」, 『국제해협논총』 제30집 1호 (2016), 101-125쪽.
= 정하늘 | 해협과 주권 | 국제해협논총 |  | 2016 |

한바다 (2021). 부표의 사회학. 서울: 물결출판사.
= 한바다 | 부표의 사회학 |  | 물결출판사 | 2021 |

강물결, “부표 표류 잇따라”, 『푸른신문』, 2020년 7월 8일.
= 강물결 | 부표 표류 잇따라 | 푸른신문 |  | 2020-07-08 |
""".strip().split("\n\n")


@pytest.mark.parametrize("written", ENTRIES, ids=range(len(ENTRIES)))
def test_every_field_of_an_entry_is_read(written: str) -> None:
    entry, fields = (" ".join(part.split()) for part in written.split("\n= "))
    record = parse_entry(entry)
    read = (" ; ".join(record.authors), record.title, record.container, record.publisher, record.date, record.url or "")
    assert read == tuple(part.strip() for part in fields.split("|"))


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("全 12 港の LED 化", "全12港のLED化"),
        ("2025 年 2 月 7 日", "2025年2月7日"),
        ("灯台2020 北の海", "灯台2020 北の海"),
        ("資料 16 灯台の取組", "資料16 灯台の取組"),
        ("北の海 南の海", "北の海 南の海"),
        ("Lamps of 1990", "Lamps of 1990"),
        ("등대 2020 연구", "등대 2020 연구"),
        ("", ""),
    ],
)
def test_a_title_is_closed_up_where_spaces_only_set_off_scripts(written: str, printed: str) -> None:
    assert close_up(written) == printed
