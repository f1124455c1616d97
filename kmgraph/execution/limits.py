"""How much a query may take."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from kmgraph.errors import ConfigError, ParameterError


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a query may take before it is stopped.

    :ivar timeout_s: longest time it is evaluated, in seconds.
    :ivar memory_bytes: most memory its process may take, besides what the process starts with.
    :ivar rows: most solutions or triples of the result.
    :ivar result_bytes: most bytes of the result in the format it is sent in.
    :raises ConfigError: a limit is not above zero.
    """

    timeout_s: float = 30.0
    memory_bytes: int = 1_500_000_000
    rows: int = 1_000_000
    result_bytes: int = 250_000_000

    def __post_init__(self) -> None:
        for name in ("timeout_s", "memory_bytes", "rows", "result_bytes"):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise ConfigError(f"the limit {name} is {value}: it must be above zero")

    def lowered(self, timeout_s: float | None) -> Limits:
        """Return the limits with the time that a caller asks for, if it is shorter.

        :param timeout_s: longest time in seconds; None changes nothing.
        :raises ParameterError: the time is not above zero.

        >>> Limits(timeout_s=30).lowered(5).timeout_s
        5
        >>> Limits(timeout_s=30).lowered(60).timeout_s
        30
        """
        if timeout_s is None:
            return self
        if not timeout_s > 0:
            raise ParameterError(f"a time limit of {timeout_s:g} s: give one above zero")
        return replace(self, timeout_s=min(timeout_s, self.timeout_s))
