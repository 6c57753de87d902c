"""Find what a term means, and explain it as text."""

import re
from difflib import get_close_matches
from functools import cache

from nncli.base.arguments import unexpected
from nncli.base.errors import UsageError
from nncli.base.words import on_one_line
from nncli.config.synonyms import CHOICES, KEYS, letters
from nncli.explain.terms.config_terms import choices, config_keys, other_choices, sources
from nncli.explain.terms.everyday import EVERYDAY
from nncli.explain.terms.filling import WIDTH, filled
from nncli.explain.terms.findings import KIND as FINDING
from nncli.explain.terms.findings import findings, in_full
from nncli.explain.terms.glossary import glossary
from nncli.explain.terms.meaning import KINDS, Meaning
from nncli.explain.terms.recorded import columns, metrics

_MOST_RELATED = 8
_PLURALS = (("ies", "y"), ("es", ""), ("s", ""))
_NUMBER = re.compile(r"\d+$")


@cache
def meanings() -> tuple[Meaning, ...]:
    """Return all meanings of all terms, in the order of `KINDS`."""
    found = [
        *glossary(), *config_keys(), *sources(), *choices(), *other_choices(), *metrics(),
        *columns(), *findings(),
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: [*KINDS].index(each.kind)))


def explanation(term: str) -> str:
    """Explain a term: its meaning, its formula, where it occurs, and related terms.

    Parameters
    ----------
    term : str
        A config key, a choice, a metric, a column of ``history.csv``, a term of the glossary, or
        their name in another library. Case, spaces, hyphens and underscores are ignored.

    Returns
    -------
    str
        Lines of at most 80 columns. A term with several meanings has all of them.

    Raises
    ------
    UsageError
        If the term is unknown.
    """
    if not isinstance(term, str):
        raise unexpected("term", term, "a text")
    return _page(term, meanings_of(term))


def names_by_kind() -> dict[str, list[str]]:
    """Return the names of all terms by their kind, in the plural."""
    found: dict[str, list[str]] = {plural: [] for plural in KINDS.values()}
    for each in meanings():
        found[KINDS[each.kind]].append(each.name)
    return {kind: list(dict.fromkeys(names)) for kind, names in found.items()}


def meanings_of(term: str) -> list[Meaning]:
    """Return the meanings of a term. Raises `UsageError` if there are none."""
    key = _key(term)
    found = [each for name in _spellings(key) for each in _by_name().get(name, ())]
    other = [name for each in _with_singular(key) for name in _synonyms().get(each, ())]
    found += [each for name in other for each in _by_name().get(_key(name), ())]
    if not found:
        raise UsageError(f"explain: unknown term {on_one_line(repr(term), 60)}{_near(key)}")
    ordered = sorted(dict.fromkeys(found), key=meanings().index)
    return [in_full(each) if each.kind == FINDING else each for each in ordered]


def _key(name: str) -> str:
    return letters(name) or name


def _spellings(key: str) -> list[str]:
    """Return the first known of a name, its singular, and a column of any layer, if any is."""
    options = [*_with_singular(key), _NUMBER.sub("n", key)]
    return next(([each] for each in options if each in _by_name()), [])


def _with_singular(key: str) -> list[str]:
    return [key, *(key.removesuffix(end) + to for end, to in _PLURALS if key.endswith(end))]


@cache
def _by_name() -> dict[str, list[Meaning]]:
    """Return the meanings by the letters of each of their names."""
    found: dict[str, list[Meaning]] = {}
    for each in meanings():
        for name in dict.fromkeys(map(_key, each.names)):
            found.setdefault(name, []).append(each)
    return found


@cache
def _synonyms() -> dict[str, tuple[str, ...]]:
    """Return the names that a name of everyday language or another library means."""
    found: dict[str, tuple[str, ...]] = {}
    for table in (EVERYDAY, KEYS, CHOICES):
        for name, means in table.items():
            if table is CHOICES and _key(name) in _by_name():
                continue  # such as the threshold of a model, which is not the activation step
            names = (each.rpartition(".")[2] for each in means)
            found[_key(name)] = (*found.get(_key(name), ()), *names)
    return found


def _near(key: str) -> str:
    shown = {_key(each.name): each.name for each in reversed(meanings())}
    near = get_close_matches(key[:WIDTH], [*shown], n=3, cutoff=0.6)
    if not near:
        return "; nncli explain lists all terms"
    *others, last = (f"'{shown[each]}'" for each in near)
    return f"; did you mean {', '.join(others)}{' or ' if others else ''}{last}?"


def _page(term: str, found: list[Meaning]) -> str:
    """Return the explanation of a term with all its meanings; of a finding alone, its page."""
    spelled = {*_spellings(_key(term))}
    named = [each for each in found if spelled & {*map(_key, each.names)}]
    title = named[0].name if named else f"{found[0].name}, also called {on_one_line(term, 40)}"
    parts = [f"{title}\n{'=' * min(len(title), WIDTH)}", *map(_block, found)]
    if len(found) == 1 and found[0].page:
        parts = [found[0].page]
    if related := _related(found):
        parts.append(filled(f"Related: {', '.join(related)}.", ""))
    return "\n\n".join(parts) + "\n"


def _block(meaning: Meaning) -> str:
    """Return the lines of a meaning; a term of the glossary needs no title."""
    indent = "" if meaning.kind == "term" else "  "
    lines = [] if meaning.kind == "term" else [filled(meaning.title, "")]
    lines += [filled(" ".join(filter(None, (meaning.text, *meaning.facts))), indent)]
    lines += [filled(formula, "    ", "      ") for formula in meaning.formulas]
    return "\n".join(lines)


def _related(found: list[Meaning]) -> list[str]:
    """Return the terms of the glossary that the meanings mention, and choices of the same kind."""
    text = " ".join(each.text for each in found)
    own = {_key(name) for each in found for name in each.names}
    terms = {each.name: each for each in meanings() if each.kind == "term"}
    places = {
        name: match.start()
        for name in terms
        if _key(name) not in own
        and (match := re.search(rf"\b{re.escape(name)}(s|es)?\b", text, re.IGNORECASE))
    }
    near = sorted(places, key=lambda name: places[name])
    tables = {each.kind for each in found} - {
        *("term", "config key", "parameter", "choice", "column", FINDING)
    }
    near += [each.name for each in meanings() if each.kind in tables and _key(each.name) not in own]
    return list(dict.fromkeys(near))[:_MOST_RELATED]
