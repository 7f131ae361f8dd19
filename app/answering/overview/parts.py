"""Choose the sentences of an overview, in lines with or without a heading."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.answering.overview.outline import (
    Outline,
    Section,
    Unit,
    last_section,
    named,
    patterns_of,
    role_names,
    sections_numbered,
    sections_of_name,
)
from app.answering.overview.selection import chosen, cost, opening, scored
from app.answering.types import Aspect, OverviewRequest
from app.answering.understand.classifier import asks_limitations_alone
from retriever.text import fold

# Most characters of an overview, by the language of the document: just below 700, else below 1,500.
_BUDGETS = {"ja": 696, "zh": 696, "ko": 696}
_BUDGET = 1490
_POINTS = 4  # where no number is asked for
_FEWEST = 2  # fewer sentences, or top sections, say too little by themselves
_HEADED = 24  # characters of a heading and its marks in a line
_ABSTRACT_SHARE = 0.75  # of the budget, at most
_FOLLOWING = 4  # sentences after an announcement of limits that are taken to tell them
_ANNOUNCED, _CUED = 2.0, 0.5  # bonus for announced limits; share of it for a sentence that only sounds like one
# If more is asked for on a part of a paper: the cue in words.toml that further sentences must match.
_CUE_OF_PART: dict[Aspect, str] = {
    "limits": "announcing",
    "method": "own_method",
    "conclusion": "conclusion",
    "purpose": "purpose",
}
_OF_ABSTRACT = 0.4  # bonus of the abstract's sentences among the main points; set by hand


@dataclass(frozen=True, slots=True)
class Line:
    """Sentences of a document by their places in its outline, under a `label` ("" for none)."""

    places: tuple[int, ...]
    label: str = ""


def budget_of(outline: Outline) -> int:
    """The characters that an overview of a document may have."""
    return _BUDGETS.get(outline.record.language, _BUDGET) // (2 if outline.brief else 1)


def lines_of(request: OverviewRequest, question: str, outline: Outline) -> list[Line] | None:
    """The lines that answer `request`; None if the document has no such section, or no sentences."""
    if request.aspect == "section" and request.things:
        return _sections_side_by_side(outline, [sections_of_name(outline, thing) for thing in request.things])
    if request.aspect == "section":
        sections = _sections_asked(request, question, outline)
        return section_lines(outline, sections, budget_of(outline)) if sections else None
    if not outline.units:
        return None
    builders = {
        "summary": _summary,
        "purpose": _purpose,
        "conclusion": _conclusion,
        "limits": _limitations if asks_limitations_alone(question) else _limits,
        "method": _method,
        "outline": _organisation,
    }
    if request.points and request.aspect != "outline":
        return _points(outline, request.points, request.aspect)
    if request.aspect == "points":
        return _points(outline, _POINTS, "points")
    return builders[request.aspect](outline)


def _sections_asked(request: OverviewRequest, question: str, outline: Outline) -> list[Section]:
    if request.things:
        return [section for thing in request.things for section in sections_of_name(outline, thing)]
    if request.number:
        return sections_numbered(outline, request.number)
    if sections := named(outline, question):
        return sections
    folded = fold(question)
    role = next((role for role, names in role_names().items() if re.search(names, folded)), "")
    return outline.of_roles(role) if role else []


def further_lines(
    request: OverviewRequest, question: str, outline: Outline, lines: Sequence[Line], more: int
) -> list[Line]:
    """The `more`-th continuation of an overview that began with `lines`; it repeats no sentence.

    It has central sentences of the sections asked for, else of the body, each section under its heading. For one part
    of a paper (its limits, say), only sentences that match the cue of that part count.
    """
    sections = _sections_asked(request, question, outline) if request.aspect == "section" else []
    cue = _CUE_OF_PART.get(request.aspect, "")
    candidates = _places(sections or outline.body)
    if cue:
        candidates = [at for at, sounds in zip(candidates, _cue(outline, candidates, cue), strict=True) if sounds]
    told = [place for line in lines for place in line.places]
    taken: list[int] = []
    for _ in range(more):
        places = [place for place in candidates if place not in told]
        if not places:
            return []
        taken = chosen(outline, places, scored(outline, places, "points"), budget_of(outline) // 2, already_chosen=told)
        told += taken
    by_section: dict[int, list[int]] = {}
    for place in taken:
        by_section.setdefault(outline.units[place].section, []).append(place)
    return [Line(tuple(places), outline.sections[section].heading) for section, places in by_section.items()]


def section_lines(outline: Outline, sections: Sequence[Section], budget: int) -> list[Line]:
    """Sentences of a section: those that open paragraphs, and central ones; subsections share the budget."""
    filled = [section for section in sections if section.end > section.first]
    if not filled:
        return []
    total = sum(section.end - section.first for section in filled)
    lines, left = [], budget
    for number, section in enumerate(filled):
        places = range(section.first, section.end)
        label = section.heading if len(filled) > 1 or number == 0 else ""
        share = left if number == len(filled) - 1 else int(budget * len(places) / total)
        taken = chosen(outline, places, scored(outline, places), max(0, share - len(label) - 2))
        left -= sum(cost(outline.units[place]) for place in taken) + len(label) + 2
        if taken:
            lines.append(Line(tuple(taken), label))
    return lines


def _sections_side_by_side(outline: Outline, groups: Sequence[Sequence[Section]]) -> list[Line] | None:
    """Sentences of each group of sections, which share the budget; None if a group has no sentence."""
    if not all(_places(group) for group in groups):
        return None
    left, lines = budget_of(outline), dict[int, list[Line]]()
    by_length = sorted(range(len(groups)), key=lambda at: len(_places(groups[at])))
    for number, at in enumerate(by_length):  # what a short one leaves goes to the others
        lines[at] = section_lines(outline, groups[at], left // (len(groups) - number))
        left -= sum(
            len(line.label) + 2 + sum(cost(outline.units[place]) for place in line.places) for line in lines[at]
        )
    return [line for at in range(len(groups)) for line in lines[at]]


def _summary(outline: Outline) -> list[Line]:
    """The abstract, then what the conclusion adds; without an abstract, purpose, one line a section, conclusion."""
    budget = budget_of(outline)
    abstract = _places(outline.of_roles("abstract"))
    if len(abstract) < _FEWEST:
        return _section_by_section(outline, budget)
    allowed = int(budget * _ABSTRACT_SHARE)
    whole = sum(cost(outline.units[place]) for place in abstract)
    first = abstract if whole <= allowed else chosen(outline, abstract, scored(outline, abstract), allowed)
    left = budget - sum(cost(outline.units[place]) for place in first)
    ends = _places(_ending(outline))
    more = chosen(outline, ends, scored(outline, ends, "conclusion"), left, already_chosen=first) if ends else []
    return [Line(tuple(first)), *([Line(tuple(more))] if more else [])]


def _section_by_section(outline: Outline, budget: int) -> list[Line]:
    """One line for each top section of the body, under its heading, as far as all fit."""
    tops = _tops(outline)
    if len(tops) < _FEWEST:
        places = _places(outline.body)
        return [Line(tuple(chosen(outline, places, scored(outline, places, "points"), budget)))]
    lines, left = [], budget
    for number, (heading, sections) in enumerate(tops):
        places = _places(sections)
        label = heading if len(heading) < 2 * _HEADED else heading[: 2 * _HEADED - 1] + "…"
        share = left // (len(tops) - number) - len(label) - 2
        cue = "purpose" if number == 0 else "conclusion" if number == len(tops) - 1 else ""
        taken = chosen(outline, places, scored(outline, places, cue), share)
        left -= sum(cost(outline.units[place]) for place in taken) + (len(label) + 2) * bool(taken)
        if taken:
            lines.append(Line(tuple(taken), label))
    return lines


def _organisation(outline: Outline) -> list[Line]:
    """The headings in order, each with the sentence that opens it where there is room."""
    budget, tops = budget_of(outline), _tops(outline)
    if len(tops) < _FEWEST:
        return _section_by_section(outline, budget)
    left = budget - sum(len(heading) + 2 + _HEADED for heading, _ in tops)
    lines = []
    for number, (heading, sections) in enumerate(tops):
        places = _places(sections)
        shortest = min(places, key=lambda place: cost(outline.units[place]))
        share = max(cost(outline.units[shortest]), left // (len(tops) - number) + _HEADED)
        first = opening(outline, places[:1], share) or [shortest]
        left -= sum(cost(outline.units[place]) for place in first) - _HEADED
        lines.append(Line(tuple(first), heading))
    return lines


def _purpose(outline: Outline) -> list[Line]:
    """Sentences on the paper's purpose, from abstract, introduction and conclusion."""
    places = _places(outline.of_roles("abstract", "introduction")) or _places(outline.body[:1])
    places += _places(outline.of_roles("conclusion"))
    return _cued(outline, places, "purpose", int(budget_of(outline) * 0.7), fewest=1)


def _conclusion(outline: Outline) -> list[Line]:
    """The whole conclusion if it fits, else its best sentences; remaining budget goes to earlier findings."""
    budget = budget_of(outline)
    ends = _places(_ending(outline))
    if not ends:
        return _cued(outline, range(len(outline.units)), "conclusion", budget)
    whole = sum(cost(outline.units[place]) for place in ends)
    first = ends if whole <= budget else chosen(outline, ends, scored(outline, ends, "conclusion"), budget)
    left = budget - sum(cost(outline.units[place]) for place in first)
    before = _places(outline.of_roles("discussion", "abstract"))
    more = (
        chosen(outline, before, scored(outline, before, "conclusion"), left // 2, already_chosen=first)
        if before
        else []
    )
    return [Line(tuple(first)), *([Line(tuple(more))] if more else [])]


def _limits(outline: Outline) -> list[Line]:
    """Sentences on limits and future work: from sections on them, and from other sections that announce them.

    If there are neither, the sentences of the last parts that sound like limits; none if no sentence does.
    """
    budget = budget_of(outline)
    sections = [section for section in outline.of_roles("limits") if section.end > section.first]
    own = _places(sections)
    if own and sum(cost(outline.units[place]) for place in own) >= budget // 2:
        return [Line(tuple(chosen(outline, own, scored(outline, own, "limits"), budget)), sections[0].heading)]
    ends = _places(outline.of_roles("conclusion", "discussion") or _ending(outline))
    announced = _announced(outline, ends)
    if not own and not announced.any():
        return _cued(outline, ends, "limits", budget) if _cue(outline, ends, "limits").any() else []
    left = budget - sum(cost(outline.units[place]) for place in own)
    of_sections = {outline.units[place].section for place, is_one in zip(ends, announced, strict=True) if is_one}
    near = [place for place in ends if outline.units[place].section in of_sections]
    sounds = _announced(outline, near) + _CUED * _cue(outline, near, "limits")
    told = [at for at in range(len(near)) if sounds[at]]
    scores = scored(outline, near, "limits") + _ANNOUNCED * sounds
    more = chosen(outline, [near[at] for at in told], scores[told], left, already_chosen=own) if told else []
    return [Line(tuple(sorted({*own, *more})))]


def _limitations(outline: Outline) -> list[Line]:
    """As `_limits`, for limits without future work: none if no heading or sentence of the last parts admits a limit."""
    sections = outline.of_roles("limits", "conclusion", "discussion") or _ending(outline)
    headings = [fold(section.heading) for section in sections]
    if (
        any(map(patterns_of("cue")["admitting"].search, headings))
        or _cue(outline, _places(sections), "admitting").any()
    ):
        return _limits(outline)
    return []


def _announced(outline: Outline, places: Sequence[int]) -> np.ndarray:
    """1 for sentences that announce limits (three limitations should be kept in mind) or soon follow one, else 0."""
    pattern, since = patterns_of("cue")["announcing"], _FOLLOWING + 1
    announced = []
    for place in places:
        unit = outline.units[place]
        goes_on = place > 0 and _goes_on(outline.units[place - 1], unit)
        since = 0 if pattern.search(fold(unit.text)) else since + 1 if goes_on else _FOLLOWING + 1
        announced.append(since <= _FOLLOWING)
    return np.array(announced, dtype=np.float64)


def _method(outline: Outline) -> list[Line]:
    """Sentences of the sections on method, else those in which the authors tell what they did; none if none does."""
    if places := _places(outline.of_roles("method")):
        return _cued(outline, places, "method", budget_of(outline))
    told = np.flatnonzero(_cue(outline, range(len(outline.units)), "own_method")).tolist()
    return [Line(tuple(chosen(outline, told, scored(outline, told, "method"), budget_of(outline))))] if told else []


def _points(outline: Outline, count: int, aspect: str) -> list[Line]:
    """The requested number of points: each a sentence and, if there is room, the next one that continues it."""
    budget = budget_of(outline)
    cue = aspect if aspect in patterns_of("cue") else "points"
    abstract = _places(outline.of_roles("abstract"))
    ends = _places(_ending(outline)) + _places(outline.of_roles("results", "discussion"))
    if cue == "limits":
        ends = _places(outline.of_roles("limits", "conclusion")) or ends
        abstract = []
    places = sorted({*abstract, *ends}) if len({*abstract, *ends}) >= 2 * count else list(range(len(outline.units)))
    scores = scored(outline, places, cue) + _OF_ABSTRACT * np.isin(places, abstract)
    seeds = chosen(outline, places, scores, budget, most=count)
    left = budget - sum(cost(outline.units[place]) + 3 for place in seeds)
    points = []
    for number, seed in enumerate(seeds):
        share, point = left // (len(seeds) - number), [seed]
        following = seed + 1
        while following < len(outline.units) and following not in seeds:
            if (
                not _goes_on(outline.units[following - 1], outline.units[following])
                or cost(outline.units[following]) > share
            ):
                break
            point.append(following)
            share -= cost(outline.units[following])
            left -= cost(outline.units[following])
            following += 1
        points.append(Line(tuple(point), f"{number + 1}."))
    return points


def _goes_on(unit: Unit, following: Unit) -> bool:
    """Whether a sentence is in the same paragraph as the previous one."""
    return unit.row == following.row and "\n\n" not in unit.passage.text[unit.end : following.start]


def _cued(outline: Outline, places: Sequence[int], cue: str, budget: int, fewest: int = _FEWEST) -> list[Line]:
    """The best of the sentences that match `cue`; the best of all if fewer than `fewest` match."""
    held = [place for place, sounds in zip(places, _cue(outline, places, cue), strict=True) if sounds]
    kept = held if len(held) >= fewest else list(places)
    return [Line(tuple(chosen(outline, kept, scored(outline, kept, cue), budget)))]


def _cue(outline: Outline, places: Sequence[int], cue: str) -> np.ndarray:
    pattern = patterns_of("cue")[cue]
    return np.array([bool(pattern.search(fold(outline.units[place].text))) for place in places], dtype=np.float64)


def _ending(outline: Outline) -> list[Section]:
    """The conclusion, else the sections on limits and future work, else the last section of the body."""
    return (
        outline.of_roles("conclusion") or outline.of_roles("limits") or (last_section(outline) if outline.body else [])
    )


def _tops(outline: Outline) -> list[tuple[str, list[Section]]]:
    """Top sections of the body with their subsections; one level lower if a single heading covers all."""
    body = [section for section in outline.body if section.end > section.first and section.path]
    depth = 0
    while (
        body
        and len({section.path[: depth + 1] for section in body}) == 1
        and any(len(section.path) > depth + 1 for section in body)
    ):
        depth += 1
        body = [section for section in body if len(section.path) > depth]
    groups: dict[tuple[str, ...], list[Section]] = {}
    for section in body:
        groups.setdefault(section.path[: depth + 1], []).append(section)
    return [(path[-1], sections) for path, sections in groups.items()]


def _places(sections: Sequence[Section]) -> list[int]:
    return [place for section in sections for place in range(section.first, section.end)]
