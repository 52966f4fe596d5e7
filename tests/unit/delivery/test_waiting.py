"""The lanes of people who wait for their turn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletters.delivery.ledger import ClaimedChunk, Place
from newsletters.delivery.sending.waiting import FREE, LANE_HOLDS, MIXED, WaitingRoom
from newsletters.delivery.states import Outcome


def place(number, domain="free.example"):
    return Place(number, number + 1000, f"r{number}@{domain}", {}, 0)


def room(*throttled, low=10):
    given_back = []
    made = WaitingRoom(throttled=throttled, low=low, put_down=lambda *chunk: given_back.append(chunk))
    return made, given_back


def unlimited(_):
    return 1 << 30


def test_people_are_called_in_order_and_a_chunk_goes_back_when_all_are_settled():
    waiting, given_back = room()
    waiting.admit(ClaimedChunk(3, [place(1), place(2)]), {}, now=0)
    called = waiting.call(10, unlimited)
    assert [each.place.number for each in called] == [1, 2]
    waiting.settle(1, 3)
    assert given_back == []
    waiting.settle(2, 3)
    assert given_back == [(3, FREE)]


def test_an_empty_chunk_goes_back_at_once_and_ends_nothing():
    waiting, given_back = room()
    waiting.admit(ClaimedChunk(0, []), {}, now=0)
    assert given_back == [(0, FREE)]
    assert not waiting.is_exhausted
    assert waiting.wanted_lanes() == [FREE]


def test_who_lost_permission_is_an_outcome_and_not_called():
    waiting, given_back = room()
    results = waiting.admit(ClaimedChunk(0, [place(1), place(2)]), {1001: "Not subscribed."}, now=0)
    assert [(result.number, result.state, result.text) for result in results] == [
        (1, Outcome.SUPPRESSED, "Not subscribed.")
    ]
    assert [each.place.number for each in waiting.call(10, unlimited)] == [2]
    waiting.settle(1, None)
    waiting.settle(2, 0)
    assert given_back == [(0, FREE)]


def test_who_loses_permission_while_waiting_is_taken_out():
    waiting, _ = room()
    waiting.admit(ClaimedChunk(0, [place(1), place(2)]), {}, now=0)
    results = waiting.check_again({1002: "The address is suppressed."}, now=9)
    assert [result.number for result in results] == [2]
    assert waiting.checked_at == 9
    assert [each.place.number for each in waiting.call(10, unlimited)] == [1]


def test_a_throttled_domain_does_not_hold_up_the_others():
    waiting, _ = room("slow.example")
    people = [place(n, "Slow.Example" if n % 2 else "free.example") for n in range(1, 9)]
    waiting.admit(ClaimedChunk(0, people), {}, now=0)

    def none_for_slow(lane):
        return 0 if lane else 100

    assert [each.place.number for each in waiting.call(10, none_for_slow)] == [2, 4, 6, 8]
    assert not waiting.has_callable(none_for_slow)
    assert [each.place.number for each in waiting.call(10, lambda _: 2)] == [1, 3]


def test_what_a_full_lane_cannot_hold_stays_in_its_chunk_under_the_lanes_name():
    waiting, given_back = room("slow.example")
    waiting.admit(ClaimedChunk(0, [place(n, "slow.example") for n in range(LANE_HOLDS)]), {}, now=0)
    waiting.note_dry(["slow.example"])
    rest = [place(5001, "slow.example"), place(5002)]
    waiting.admit(ClaimedChunk(1, rest), {}, now=0)
    called = waiting.call(5, lambda lane: 0 if lane else 100)
    assert [each.place.number for each in called] == [5002]
    waiting.settle(5002, 1)
    assert given_back == [(1, "slow.example")]
    # The lane is no longer dry: there is a chunk of it again.
    waiting.note_dry([FREE, MIXED])
    assert not waiting.is_exhausted


def test_a_chunk_left_with_several_throttled_domains_is_mixed():
    waiting, given_back = room("a.example", "b.example")
    for domain, chunk in (("a.example", 0), ("b.example", 1)):
        people = [place(n + 10_000 * chunk, domain) for n in range(LANE_HOLDS)]
        waiting.admit(ClaimedChunk(chunk, people), {}, now=0)
    waiting.admit(ClaimedChunk(2, [place(90_001, "a.example"), place(90_002, "b.example")]), {}, now=0)
    assert given_back == [(2, MIXED)]


@given(st.lists(st.lists(st.sampled_from(["free.example", "a.example", "b.example"]), max_size=30), max_size=8))
def test_everybody_admitted_is_called_once_and_every_chunk_goes_back(chunks):
    waiting, given_back = room("a.example", "b.example")
    expected = set()
    for number, domains in enumerate(chunks):
        people = [place(number * 100 + index, domain) for index, domain in enumerate(domains)]
        expected.update(each.number for each in people)
        waiting.admit(ClaimedChunk(number, people), {}, now=0)
    called = []
    while batch := waiting.call(7, lambda _: 3):
        called.extend(batch)
    assert sorted(each.place.number for each in called) == sorted(expected)
    for each in called:
        waiting.settle(each.place.number, each.chunk)
    assert sorted(number for number, _ in given_back) == list(range(len(chunks)))
