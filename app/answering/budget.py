"""The time that a question may take: when it is spent, steps that an answer can do without are left out."""

import math
import time
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Budget:
    """A deadline on the clock of `time.monotonic`, in seconds; without one, time is never spent.

    Steps that refine an answer look at `spent` before they begin: reranking, reading sentences for the answer itself,
    following what a quote cites. Steps that an answer cannot do without never look.
    """

    ends: float = math.inf

    @classmethod
    def of(cls, seconds: float) -> Self:
        """A budget of `seconds` from now."""
        return cls(time.monotonic() + seconds)

    @property
    def spent(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self.ends


UNLIMITED = Budget()
