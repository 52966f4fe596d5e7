"""Words that say something to a person: which of the terms two pages share are worth naming as a reason.

Rarity alone does not tell them on a small site, where "who" may be rarer than "sepsis"; so the words that English needs
for every subject are left out by name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_NAMED = 5
SHORTEST_NAMED = 3
# Shares below this part of the heaviest one decided nothing.
LEAST_SHARE = 0.1
# A word of so many of a site's documents is the site's own, not two pages'; on a small site that cannot be told.
WIDESPREAD_SHARE, FEWEST_DOCUMENTS = 0.15, 40
_NAMES_SOMETHING = re.compile("[^\\W\\d_]+")
# Pronouns, auxiliaries, prepositions, adverbs, and the verbs and nouns that go with any subject.
EVERYDAY_WORDS = frozenset(
    (  # noqa: SIM905 (a list of words reads best as words)
        "aren couldn didn doesn don hadn hasn haven isn shouldn wasn weren won wouldn "  # before an apostrophe
        "a able about above across actually after again against ago all almost along already also although always "
        "am among an and another any anyone anything are area areas around as ask asked asking at available away "
        "back be became because become becomes been before began begin being below best better between beyond big "
        "both bring bringing but by call called came can cannot case change changed changes com come comes coming "
        "could day days did different do does doing done down due during each early easily easy either else end "
        "enough especially etc even ever every everyone everything example examples far few fewer find finding "
        "first follow following follows for found four from full further gave get gets getting give given gives "
        "giving go goes going good got great had happen happens hard has have having he help helped helpful "
        "helping helps her here herself high him himself his how however html http https i idea ideas if important "
        "in include included includes including instead into is issue issues it its itself just keep kept kind "
        "kinds know known knows large last late later latest learn least less let level like likely little live "
        "long look looked looking looks lot lots made main make makes making many matter may maybe me mean means "
        "meet might more most move much must my myself near nearly need needed needs neither never new next no non "
        "none nor not nothing now number numbers of off offer offers often old on once one ones only onto open or "
        "other others our ours out over own page pages part particular particularly parts past people perhaps "
        "person place places please point points possible problem problems provide provided provides put question "
        "questions quickly quite rather read reading really reason recent recently right said same saw say saying "
        "says second see seem seems seen several shall share she should show showed showing shows side simple "
        "simply since single site small so some someone something sometimes soon sort start started still such "
        "sure take taken takes taking talk tell ten than that the their theirs them themselves then there these "
        "they thing things think third this those though thought three through throughout thus time times to today "
        "together told too took top toward towards tried true try trying turn two under understand until up upon "
        "us use used useful user uses using usually various very via want wanted wants was way ways we week weeks "
        "well went were what whatever when where whether which while who whole whom whose why wide will with "
        "within without word words work worked working works world would www year years yes yet you your yours "
        "yourself"
    ).split()
)


def named_words(shares: Iterable[tuple[float, str]]) -> tuple[str, ...]:
    """Return the words worth naming among what two pages share, with what each adds to their score; heaviest first."""
    ranked = sorted(shares, key=lambda item: (-item[0], item[1]))
    telling = [(share, word) for share, word in ranked if says_something(word)]
    if not telling:
        return ()
    least = telling[0][0] * LEAST_SHARE
    return tuple(dict.fromkeys(word for share, word in telling if share >= least))[:MOST_NAMED]


def says_something(word: str) -> bool:
    """Whether a word names a matter rather than serves any sentence."""
    return (
        len(word) >= SHORTEST_NAMED
        and _NAMES_SOMETHING.fullmatch(word) is not None
        and word.casefold() not in EVERYDAY_WORDS
    )


def is_widespread(frequency: int, documents: int) -> bool:
    """Whether a word of `frequency` documents is that of the whole site."""
    return documents >= FEWEST_DOCUMENTS and frequency > documents * WIDESPREAD_SHARE
