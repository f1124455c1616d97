"""How much a query may take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, TypeGuard

from kmgraph.errors import ConfigError, ParameterError

#: Systems count neither longer times nor larger numbers.
_MOST_S: Final = 1e9
_MOST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a query may take before it is stopped.

    :ivar timeout_s: longest time it is evaluated, in seconds.
    :ivar memory_bytes: most memory its process may take, besides what the process starts with.
    :ivar rows: most solutions or triples of the result.
    :ivar result_bytes: most bytes of the result in the format it is sent in.
    :raises ConfigError: a limit is not above zero, or no number.
    """

    timeout_s: float = 30.0
    memory_bytes: int = 1_500_000_000
    rows: int = 1_000_000
    result_bytes: int = 250_000_000

    def __post_init__(self) -> None:
        require_seconds("timeout_s", self.timeout_s)
        for name in ("memory_bytes", "rows", "result_bytes"):
            require_number(name, getattr(self, name), least=1)

    def lowered(self, timeout_s: float | None) -> Limits:
        """Return the limits with the time that a caller asks for, if it is shorter.

        :param timeout_s: longest time in seconds; None changes nothing.
        :raises ParameterError: the time is not above zero, or no number.

        >>> Limits(timeout_s=30).lowered(5).timeout_s
        5
        >>> Limits(timeout_s=30).lowered(60).timeout_s
        30
        """
        if timeout_s is None:
            return self
        if not (_is_number(timeout_s, int | float) and timeout_s > 0):
            raise ParameterError(f"a time limit of {timeout_s!r} s: give a number above zero")
        return replace(self, timeout_s=min(timeout_s, self.timeout_s))


def require_seconds(name: str, value: object, *, may_be_zero: bool = False) -> None:
    """Raise where a setting is no time.

    :raises ConfigError: names the setting.

    >>> require_seconds("timeout_s", "5")
    Traceback (most recent call last):
    kmgraph.errors.ConfigError: timeout_s is '5': give seconds above zero, up to 1,000,000,000
    """
    if _is_number(value, int | float) and (0 < value <= _MOST_S or (may_be_zero and value == 0)):
        return
    raise ConfigError(
        f"{name} is {value!r}: give seconds {'from' if may_be_zero else 'above'} zero, up to "
        f"{_MOST_S:,.0f}"
    )


def require_number(name: str, value: object, *, least: int) -> None:
    """Raise where a setting is no whole number, or too small.

    :raises ConfigError: names the setting.

    >>> require_number("workers", 0, least=1)
    Traceback (most recent call last):
    kmgraph.errors.ConfigError: workers is 0: give a whole number from 1
    """
    if not (_is_number(value, int) and least <= value <= _MOST):
        raise ConfigError(f"{name} is {value!r}: give a whole number from {least}")


def _is_number(value: Any, kind: Any) -> TypeGuard[float]:
    """Say whether a value is a number of a kind; a boolean is none."""
    return isinstance(value, kind) and not isinstance(value, bool)
