"""Where postrider, called msmtp, does not do what Debian's msmtp does.

ALL is the list; postrider(1) has the same names and reasons under COMPATIBILITY
(tests/lint/manual.t compares them).  Each settles findings of compare.py, as
few as it can; one that settles none in the whole run is a fault.
"""
import dataclasses
import typing


@dataclasses.dataclass
class Difference:
    name: str
    reason: str
    settles: typing.Callable        # (case, finding, seen) -> bool


ALL = []
