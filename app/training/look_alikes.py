"""Write the table of kanji that look alike: python -m app.training.look_alikes FONT.

FONT is any font of Japanese, such as NotoSansCJK-Regular.ttc. Every kanji of JIS X 0208 is drawn small and blurred. Two
look alike if their pictures, or the right halves of these (税 and 説), are nearly the same.
"""

import sys

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from app.answering.understand.message.spelling import LOOK_ALIKES

_SIZE, _LETTER, _BLUR = 48, 44, 1.6  # pixels
_COMMON = 2965  # kanji of the first level, of which documents mostly consist
_WHOLE, _MOST = 0.7, 12  # least correlation of two pictures, and how many of the likest count
_RIGHT = 0.93  # least correlation of two right halves
# Kanji with opposite or neighbouring meanings, which a reader would notice at once: never taken for slips.
_APART = frozenset("一二三四五六七八九十百千万上下左右大小多少東西南北春夏秋冬男女父母前後内外")


def main() -> None:
    """Write the table: a line for each common kanji, followed by those that may be typed for it."""
    font = ImageFont.truetype(sys.argv[1], _LETTER)
    kanji = _kanji()
    drawn = np.stack([_drawn(character, font) for character in kanji])
    whole, right = _compared(drawn), _compared(drawn[:, :, _SIZE // 2 :])
    lines = []
    for place, character in enumerate(kanji[:_COMMON]):
        likest = np.argsort(-whole[place], kind="stable")[: _MOST + 1]
        near = {int(other) for other in likest if whole[place, other] >= _WHOLE}
        near |= set(np.flatnonzero(right[place] >= _RIGHT).tolist())
        others = [kanji[other] for other in sorted(near, key=lambda other: -whole[place, other]) if other != place]
        if character not in _APART and others:
            lines.append(character + "".join(other for other in others if other not in _APART))
    LOOK_ALIKES.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{LOOK_ALIKES}: {len(lines)} kanji")


def _kanji() -> list[str]:
    """The kanji of JIS X 0208, those of the first level first."""
    kanji = []
    for row in range(16, 85):
        for cell in range(1, 95):
            try:
                kanji.append(bytes((0xA0 + row, 0xA0 + cell)).decode("euc_jp"))
            except UnicodeDecodeError:  # a place that is not assigned
                continue
    return kanji


def _drawn(character: str, font: ImageFont.FreeTypeFont) -> NDArray[np.float32]:
    picture = Image.new("L", (_SIZE, _SIZE))
    ImageDraw.Draw(picture).text((_SIZE / 2, _SIZE / 2), character, 255, font=font, anchor="mm")
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(_BLUR)), np.float32)


def _compared(drawn: NDArray[np.float32]) -> NDArray[np.float32]:
    """The correlation of every two pictures, shape (kanji, kanji)."""
    flat = drawn.reshape(len(drawn), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    flat = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    return np.asarray(flat @ flat.T)


if __name__ == "__main__":
    main()
