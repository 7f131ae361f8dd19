"""Numbers and dates as texts write them: kanji and Roman numerals, Japanese eras, large units, names of months.

The one list of each, for every package; tests/test_one_list.py looks for a second one.
"""

import re

KANJI_DIGITS = "〇一二三四五六七八九"
KANJI_TO_99 = KANJI_DIGITS[1:] + "十"  # the numerals of numbers below 100
_TENS = {"十": 10, "百": 100, "千": 1000}
KANJI_NUMERALS = KANJI_DIGITS[1:] + "".join(_TENS)
LARGE_UNITS = {"万": 10**4, "億": 10**8, "兆": 10**12}
ROMAN_SIGNS = "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ"  # one character each
ROMAN_LETTERS = "IVX"  # of the numerals that number headings, tables and figures
ROMAN_BELOW_30 = r"(?:X{0,2}(?:IX|IV|V?I{0,3}))"  # a pattern; it also matches nothing
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
ERA_STARTS = {"明治": 1868, "大正": 1912, "昭和": 1926, "平成": 1989, "令和": 2019}  # the year that counts as 元年
ERAS = "|".join(ERA_STARTS)  # alternatives of a pattern
ERA_YEAR = re.compile(rf"({ERAS})(元|\d{{1,2}})年")
MONTHS = tuple("January February March April May June July August September October November December".split())
MONTH_ABBREVIATIONS = (*(name[:3] for name in MONTHS if len(name) > 3), "Sept")
# English numbers in letters; the numbers between are compounds of these: twenty-one.
_TO_NINETEEN = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
TENS_WORDS = {
    name: 10 * tens for tens, name in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
NUMBER_WORDS = {name: number for number, name in enumerate(_TO_NINETEEN.split(), 1)} | TENS_WORDS
SCALE_WORDS = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}


def kanji_value(numerals: str) -> int:
    """The value of a number below 10,000 in kanji: 二千三百 is 2300, 二〇二四 is 2024."""
    total = current = 0
    for character in numerals:
        if character in _TENS:
            total += max(current, 1) * _TENS[character]
            current = 0
        else:
            current = current * 10 + KANJI_DIGITS.index(character)
    return total + current


def roman_value(numerals: str) -> int:
    """The value of a Roman numeral below 400 in ASCII letters of either case: XIV is 14."""
    values = [_ROMAN_VALUES[letter] for letter in numerals.lower()]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def era_year(era: str, year: str) -> int:
    """The Gregorian year of an era's year, which is digits or 元: 令和, 6 is 2024."""
    return ERA_STARTS[era] + (1 if year == "元" else int(year)) - 1


def month_number(name: str) -> int:
    """The number of a month from its English name or abbreviation, in either case: Sept is 9."""
    return [month[:3] for month in MONTHS].index(name[:3].capitalize()) + 1
