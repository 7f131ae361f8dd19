"""A document as HTML that Chromium prints, with what a reader would find in it: title, headings, sentences, cells."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.benchmarks.printed.prose import Prose

Cells = tuple[str, tuple[str, ...], tuple[str, ...]]  # a row's name, the heads of its columns, their values
_STYLE = """
@page { size: A4; margin: 24mm 22mm 24mm; @bottom-center { content: "- " counter(page) " -"; font: 9pt serif; } }
body { font: 10.5pt/1.7 "Noto Serif CJK JP"; text-align: justify; margin: 0; }
p { margin: 0; text-indent: 1em; }  p.item { padding-left: 2em; text-indent: -1em; }  p.flat { text-indent: 0; }
p.right { text-align: right; text-indent: 0; }  p.centre { text-align: center; text-indent: 0; }
table { border-collapse: collapse; width: 100%; font-size: 9pt; line-height: 1.4; margin: 1mm 0; }
td, th { border: 0.4pt solid black; padding: 1mm 1.5mm; font-weight: normal; text-align: left; }
th { text-align: center; background: #e8e8e8; }  td.n { text-align: right; }
.note { font-size: 8pt; text-indent: 0; line-height: 1.4; }  .new { break-before: page; }
.cap { font: 9.5pt/1.6 "Noto Sans CJK JP"; text-indent: 0; margin-top: 3mm; break-after: avoid; }
"""


@dataclass(slots=True)
class Made:
    """HTML in parts, and the truth about it. `headings` also holds what may be a heading: 記, a box's name."""

    name: str
    title: str
    prose: Prose
    style: str = ""
    parts: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    cells: list[Cells] = field(default_factory=list)

    def html(self) -> str:
        """The whole page. Its <title> says nothing, as in many real files."""
        return f"<!doctype html><meta charset=utf-8><style>{_STYLE}{self.style}</style>{''.join(self.parts)}"

    def add(self, *parts: str) -> None:
        """Append HTML as it is."""
        self.parts.extend(parts)

    def line(self, text: str, style: str = "", look: str = "") -> None:
        """A line of its own that is no heading."""
        self.add(f'<p class="{style}" style="{look}">{text}</p>')

    def may_head(self, text: str, style: str = "centre", look: str = "") -> None:
        """A line that a reader may or may not take for a heading."""
        self.headings.append(text)
        self.line(text, style, look)

    def head(self, text: str, look: str) -> None:
        """A heading that a reader must find."""
        self.sections.append(text)
        self.may_head(text, "flat", f"break-after: avoid; {look}")

    def text(self, count: int = 0, look: str = "") -> None:
        """A paragraph of new sentences."""
        self.line(self.prose.paragraph(count), look=look)

    def items(self, marks: Sequence[str], look: str = "") -> None:
        """List items of one sentence each, with these marks."""
        for mark in marks:
            self.line(f"{mark}{self.prose.sentence()}", "item", look)

    def table(self, caption: str, names: Sequence[str], heads: Sequence[str], below: Sequence[str] = ()) -> None:
        """A table of numbers: a row for each name, a column for each head, or one for each of `below` under each."""
        span = f" colspan={len(below)}" if below else ""
        first = "".join(f"<th{span}>{head}" for head in heads)
        second = f"<tr>{''.join(f'<th>{name}' for _ in heads for name in below)}" if below else ""
        rows = []
        for name in names:
            values = [self._value(text) for _ in heads for text in (below or ("",))]
            rows.append(f"<tr><td>{name}{''.join(f'<td class=n>{value}' for value in values)}")
            self.cells.append((name, tuple(heads), tuple(values)))
        corner = f"<th{' rowspan=2' if below else ''}>区分"
        self.line(caption, "cap")
        self.add(f"<table><thead><tr>{corner}{first}{second}</thead>{''.join(rows)}</table>")

    def _value(self, head: str) -> str:
        chance = self.prose.chance
        return f"{chance.randint(1, 99)}.{chance.randint(0, 9)}％" if "比" in head else f"{chance.randint(100, 9999):,}"

    def chart(self, caption: str, labels: Sequence[str], unit: str) -> None:
        """A bar chart with labels at its axes and on its bars, a caption above and a source note below."""
        values = [self.prose.chance.randint(20, 99) for _ in labels]
        bars = "".join(
            f'<rect x={40 + 60 * i} y={120 - v} width=30 height={v} fill="#88a"/>'
            f"<text x={55 + 60 * i} y={115 - v}>{v}</text>"
            f"<text x={55 + 60 * i} y=135>{label}</text>"
            for i, (label, v) in enumerate(zip(labels, values, strict=True))
        )
        axis = "".join(f"<text x=20 y={124 - v}>{v}</text>" for v in (0, 50, 100))
        self.line(caption, "cap")
        self.add(
            f'<svg viewBox="0 0 400 140" style="width: 70%; break-inside: avoid" font-size=8 text-anchor=middle>'
            f"<text x=22 y=10>（{unit}）</text>{axis}{bars}</svg>"
        )
        self.line("（資料）各団体からの報告により作成", "note")
