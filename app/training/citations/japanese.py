"""Bibliography entries of made-up works and persons, in the layouts of Japanese, Chinese and Korean lists."""

import random
import re
import tomllib
from pathlib import Path

from faker import Faker

from app.training.citations.printed import Letter, one_space

_PARTS = {
    name: text.replace("\n", "").split("|") if name != "layouts" else text.splitlines()
    for name, text in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
}
_LAYOUTS = [layout.split(" ", 1) for layout in _PARTS["layouts"]]  # parts in [..] are optional
_SLOT = re.compile(r"\{(\w+)\}")


class JapaneseLists:
    """Lists of made-up works in random layouts."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        Faker.seed(seed)
        fakers = {"ja": Faker("ja_JP"), "zh": Faker("zh_CN"), "ko": Faker("ko_KR")}
        self.names = {
            key: [(faker.last_name(), faker.first_name()) for _ in range(1500)] for key, faker in fakers.items()
        }

    def printed(self) -> list[list[Letter]]:
        """One to twelve entries in one style: one layout for each kind of work, the same punctuation in all."""
        chance = self.random
        kinds: dict[str, str] = {}
        wide = chance.random() < 0.1
        style = {
            "join": chance.choice(("・", "、", "，", ", ", "; ", ",", "・")),
            "name": chance.choice(("", "", " ", "　")),
            "sep": chance.choice(("，", "、", ", ", "，")),
            "stop": chance.choice(("", "。", ".", "．")),
            "quotes": chance.choice(("「」『』", "「」『』", "「」　　", "“”　　", "　　　　", "「」「」")),
            "volume": chance.choice(
                ("{n}({m})", "{n}巻{m}号", "第{n}巻第{m}号", "Vol.{n}, No.{m}", "{n}", "{n}号", "{n}（{m}）")
            ),
            "pages": chance.choice(("pp.{range}", "{range}頁", "pp. {range}", "{range}", "p.{range}", "{range}ページ")),
            "dash": chance.choice(("-", "–", "～", "〜", "－", "―")),
            "brackets": chance.choice(("（）", "()", " ()", "[]")),
        }
        entries = []
        for _ in range(chance.randint(1, 12)):
            kind = chance.choice([kind for kind, _ in _LAYOUTS])
            layout = kinds.setdefault(kind, chance.choice([layout for name, layout in _LAYOUTS if name == kind]))
            entries.append(one_space(self._letters(layout, style, wide)))
        return entries

    def _words(self, text: str) -> str:
        chance = self.random
        values = {letter: chance.choice(_PARTS["topics"]) for letter in "abc"}
        values |= {
            "x": chance.choice(_PARTS["aspects"]),
            "f": chance.choice(_PARTS["fields"]),
            "g": chance.choice(_PARTS["fields"]),
        }
        values |= {
            "p": chance.choice(_PARTS["towns"]),
            "n": str(chance.randint(2, 9)),
            "e": chance.choice(_PARTS["english"]),
        }
        return text.format(**values)

    def _person(self, between: str) -> str:
        surname, given = self.random.choice(self.names[self.random.choices(("ja", "zh", "ko"), (20, 1, 1))[0]])
        return f"{surname}{between}{given}"

    def _people(self, style: dict[str, str], field: str) -> list[Letter]:
        chance = self.random
        count = chance.choices((1, 2, 3, 5), (60, 22, 12, 6))[0]
        letters: list[Letter] = []
        for index in range(count):
            if index:
                letters.extend(Letter(c, "between" if field == "name" else field) for c in style["join"])
            letters.extend(Letter(c, field) for c in self._person(style["name"]))
        if field == "name" and chance.random() < 0.07:
            letters.extend(Letter(c, "between") for c in chance.choice(("ほか", "他", "、他", " 他", "ら")))
        return letters

    def _letters(self, layout: str, style: dict[str, str], wide: bool) -> list[Letter]:
        chance = self.random
        layout = re.sub(r"\[([^\[\]]*)\]", lambda part: part.group(1) if chance.random() < 0.6 else "", layout)
        layout = layout.replace("({year})", f"{style['brackets'][:-1]}{{year}}{style['brackets'][-1]}")
        q = style["quotes"]
        layout = layout.replace(
            "{title1}", f"{q[0]}{{title}}{q[1]}".replace("　", "") if q[0] != "　" else "{sep}{title}{sep}"
        )
        layout = layout.replace("{journal2}", f"{q[2]}{{journal}}{q[3]}" if q[2] != "　" else "{journal}{sep}")
        layout = layout.replace("{volume}", style["volume"]).replace("{pages}", style["pages"])
        layout = layout.replace("{pub2}", "{publisher}")
        year = str(chance.randint(1950, 2026))
        era = chance.choice((f"令和{chance.randint(1, 8)}", f"平成{chance.randint(1, 31)}"))
        first = chance.randint(1, 400)
        day = f"{year}年{chance.randint(1, 12)}月{chance.randint(1, 28)}日"
        words = {
            "year": ("date", chance.choice((year, year, era)) if "{year}年" in layout else year),
            "title": ("title", self._words(chance.choice(_PARTS["titles"]))),
            "journal": ("container", self._words(chance.choice(_PARTS["journals"]))),
            "newspaper": ("container", self._words(chance.choice(_PARTS["newspapers"]))),
            "book": ("container", self._words(chance.choice(_PARTS["titles"]))),
            "society": ("container", self._words("日本{f}学会")),
            "publisher": ("publisher", self._words(chance.choice(_PARTS["publishers"]))),
            "place": ("place", chance.choice(("東京", "京都", "大阪", "北京", "서울", "横浜"))),
            "org": ("name", self._words(chance.choice(_PARTS["organisations"]))),
            "town": ("publisher", chance.choice(_PARTS["towns"])),
            "range": ("pages", f"{first}{style['dash']}{first + chance.randint(1, 40)}"),
            "page": ("pages", str(first)),
            "n": ("volume", str(chance.randint(1, 120))), "m": ("volume", str(chance.randint(1, 12))),
            "mon": ("date", str(chance.randint(1, 12))), "dom": ("date", str(chance.randint(1, 28))),
            "d": ("volume", str(chance.randint(2, 30))), "day": ("date", day),
            "iso": ("access", "2024-05-13"), "url": ("address", f"https://www.{chance.choice('abcde')}{first}.go.jp/{first}.html"),
            "doi": ("address", f"https://doi.org/10.{first + 1000}/j{year}.{first}"),
            "sep": ("", style["sep"]), "stop": ("", style["stop"]),
        }  # fmt: skip
        letters: list[Letter] = []
        place = 0
        for slot in _SLOT.finditer(layout):
            letters.extend(Letter(c, "") for c in layout[place : slot.start()])
            place = slot.end()
            if slot.group(1) in {"authors", "editors"}:
                letters.extend(self._people(style, "name" if slot.group(1) == "authors" else "other-person"))
                continue
            field, text = words[slot.group(1)]
            after = layout[place : place + 3]
            if slot.group(1) == "day" and ("閲覧" in after or "アク" in after):
                field = "access"
            letters.extend(Letter(c, field) for c in text)
        letters.extend(Letter(c, "") for c in layout[place:])
        if wide:
            letters = [
                Letter(chr(ord(x.text) + 0xFEE0), x.field) if x.text.isdigit() and x.field != "address" else x
                for x in letters
            ]
        return letters
