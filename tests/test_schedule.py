"""What may start when: needs, priorities, lanes and times."""

from __future__ import annotations

from ftops.resource import ResourceKey
from ftops.schedule import Lane, Schedule

A, B, C, D = (ResourceKey("job", name) for name in "abcd")


def taken(schedule: Schedule) -> str:
    found = ""
    while (key := schedule.take()) is not None:
        found += key.name
    return found


def test_a_key_starts_when_all_it_needs_is_ready() -> None:
    schedule = Schedule({A: (), B: (A,), C: (A, B), D: ()}, {}, {})
    schedule.open((A, B, C, D))
    assert taken(schedule) == "ad"
    schedule.ready(A)
    assert taken(schedule) == "b"
    assert schedule.missing(C) == [B]
    schedule.ready(B)
    assert taken(schedule) == "c"


def test_the_longest_remaining_path_starts_first() -> None:
    schedule = Schedule({A: (), B: (), C: ()}, {A: 10.0, B: 300.0, C: 20.0}, {})
    schedule.open((A, B, C))
    assert taken(schedule) == "bca"


def test_one_at_a_time_in_a_lane() -> None:
    schedule = Schedule({A: (), B: (), C: ()}, {B: 5.0}, dict.fromkeys((A, B, C), Lane("sweden")))
    schedule.open((A, B, C))
    assert taken(schedule) == "b"
    schedule.leave(A)
    assert taken(schedule) == "", "a does not hold the lane"
    schedule.leave(B)
    assert taken(schedule) == "a"


def test_as_many_at_a_time_as_a_lane_has_places() -> None:
    schedule = Schedule({A: (), B: (), C: (), D: ()}, {D: 9.0}, dict.fromkeys((A, B, C, D), Lane("sweden", 2)))
    schedule.hold(A)
    schedule.drop(A)
    schedule.open((A, B, C, D))
    assert taken(schedule) == "d"
    schedule.leave(D)
    assert taken(schedule) == "b"


def test_what_can_start_waits_for_nothing() -> None:
    schedule = Schedule({A: (), B: (A,)}, {}, {})
    schedule.ready(A)
    assert schedule.waiting_for(A) == []
    assert taken(schedule) == "b"


def test_what_never_starts_and_what_starts_anew() -> None:
    schedule = Schedule({A: (), B: (A,), C: (A,)}, {}, {A: Lane("sweden")})
    schedule.drop(B)
    assert schedule.waiting_for(A) == [C]
    schedule.open((A,))
    assert taken(schedule) == "a"
    schedule.leave(A)
    schedule.again(A)
    assert taken(schedule) == "a"


def test_turning_to_keys_in_time() -> None:
    schedule = Schedule({A: (), B: ()}, {}, {})
    schedule.turn_to(B, 20.0)
    schedule.turn_to(A, 10.0)
    assert schedule.next_due() == 10.0
    assert schedule.due(5.0) == []
    assert schedule.due(20.0) == [A, B]
    assert schedule.next_due() is None
