"""How far apart two words are: the rules for typing errors, the same for every engine."""

from __future__ import annotations

# As Elasticsearch's fuzziness AUTO: short words must be right, middling ones may hold one error, long ones two.
ONE_EDIT_FROM, TWO_EDITS_FROM = 3, 6
# Different words are more often confused than corrected beyond this.
MOST_CORRECTIONS = 3
# Words a query corrects at most: who mistypes more is not helped by guesses.
MOST_WORDS_CORRECTED = 4


def edits_allowed(word: str) -> int:
    """Return how many typing errors a word of this length may hold."""
    if len(word) < ONE_EDIT_FROM:
        return 0
    return 1 if len(word) < TWO_EDITS_FROM else 2


def edits_between(left: str, right: str, limit: int) -> int:
    """Return how many letters must be changed, added, dropped or swapped with a neighbour; `limit` + 1 for more.

    The restricted Damerau-Levenshtein distance: no letter is touched twice.
    """
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for place, letter in enumerate(left, start=1):
        before, last, row = row, before, [place]
        for other_place, other in enumerate(right, start=1):
            cost = min(before[other_place] + 1, row[-1] + 1, before[other_place - 1] + (letter != other))
            if last and other_place > 1 and letter == right[other_place - 2] and left[place - 2] == other:
                cost = min(cost, last[other_place - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)
