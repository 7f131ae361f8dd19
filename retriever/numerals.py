"""Numerals of Japanese text and what they are worth: kanji, Roman numerals, years of eras."""

import re

KANJI_DIGITS = "〇一二三四五六七八九"
ROMAN_SIGNS = "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ"  # one character each
ERA_STARTS = {"明治": 1868, "大正": 1912, "昭和": 1926, "平成": 1989, "令和": 2019}  # the year that counts as 元年
LARGE_UNITS = {"万": 10**4, "億": 10**8, "兆": 10**12}
_TENS = {"十": 10, "百": 100, "千": 1000}
KANJI_NUMERALS = KANJI_DIGITS[1:] + "".join(_TENS)
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_ERA_YEAR = re.compile(rf"({'|'.join(ERA_STARTS)})(元|\d{{1,2}})年")
_KANJI = f"[{KANJI_DIGITS[0]}{KANJI_NUMERALS}]"
_LARGE_NUMBER = re.compile(rf"((?<!\d)\d++(?:\.\d++)?|(?<!{_KANJI}){_KANJI}++)([{''.join(LARGE_UNITS)}])")


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


def number_values(folded: str) -> list[str]:
    """The values of era years and large numbers in folded text, as tokens: 令和6年 is 2024, 2000億 equals 二千億."""
    eras = (str(era_year(era, year)) for era, year in _ERA_YEAR.findall(folded))
    return [*eras, *(_large_value(*match.groups()) for match in _LARGE_NUMBER.finditer(folded))]


def _large_value(digits: str, unit: str) -> str:
    if digits[0].isdigit():
        return f"{float(digits) * LARGE_UNITS[unit]:.0f}"
    return f"{kanji_value(digits) * LARGE_UNITS[unit]}"
