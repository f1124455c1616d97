"""Read the settings of a server: from a file, from the environment, from the command line.

What is said later wins: defaults, then the file, then the environment, then the command line. A
list that is given later takes the place of one that was given before.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, Final

from kmgraph.errors import ConfigError
from kmgraph_server.config import ENVIRONMENT_PREFIX, Mount, ServerConfig, check_range

#: Variable that names the configuration file.
FILE_VARIABLE: Final = f"{ENVIRONMENT_PREFIX}CONFIG"
#: From here on a name counts as a slip for another.
_SIMILAR: Final = 0.85
_TRUTH: Final = {"1": True, "true": True, "yes": True, "on": True}
_FALSITY: Final = {"0": False, "false": False, "no": False, "off": False}
_SETTINGS: Final[dict[str, Field[Any]]] = {
    setting.name: setting for setting in fields(ServerConfig)
}


def read_config(
    file: str | Path | None = None,
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> ServerConfig:
    """Return the settings that a file, the environment and the command line give.

    :param file: TOML file; where none is given the one that ``KMGRAPH_CONFIG`` names, if any.
    :param flags: settings of the command line by name; None stands for one that was not given.
    :param environment: variables by name; those of the process where none are given.
    :raises ConfigError: a setting is unknown, not of its kind or out of range; says where.

    >>> read_config(environment={"KMGRAPH_PAGE_ROW_LIMIT": "50"}).page_row_limit
    50
    """
    variables = os.environ if environment is None else environment
    path = file or variables.get(FILE_VARIABLE)
    given = _from_file(Path(path)) if path else {}
    given |= _from_environment(variables)
    given |= {name: value for name, value in (flags or {}).items() if value is not None}
    return ServerConfig(**given)


def _from_file(path: Path) -> dict[str, Any]:
    """Return the settings of a TOML file."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: the file cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: this is no TOML: {error}") from error
    return {name: _checked(f"{path}: ", name, value) for name, value in content.items()}


def _checked(place: str, name: str, value: Any) -> Any:
    """Return the value of a setting of a file in the type that the setting has."""
    if name not in _SETTINGS:
        close = difflib.get_close_matches(name.replace("-", "_"), _SETTINGS, 1)
        advice = (
            f": did you mean '{close[0]}'?" if close else f" (settings: {', '.join(_SETTINGS)})"
        )
        raise ConfigError(f"{place}there is no setting '{name}'{advice}")
    try:
        converted = _converted(name, value)
        check_range(name, converted)
    except TypeError:
        message = f"the setting '{name}' is {value!r}, and {_kind(name)} is needed"
        raise ConfigError(f"{place}{message}") from None
    except ConfigError as error:
        raise ConfigError(f"{place}{error}") from error
    return converted


def _converted(name: str, value: Any) -> Any:
    """Return a value of TOML in the type that a setting has.

    :raises TypeError: it is of another kind.
    """
    default = _SETTINGS[name].default
    if name == "mounts":
        if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
            return tuple(Mount.parse(f"{path}={folder}") for path, folder in value.items())
        raise TypeError(name)
    if name == "store":
        return Path(value)
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
    elif isinstance(default, bool) == isinstance(value, bool):
        if isinstance(default, float) and isinstance(value, int):
            return float(value)
        if isinstance(value, type(default)):
            return value
    raise TypeError(name)


def _from_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that environment variables give; lists are parted by white space."""
    given: dict[str, Any] = {}
    for name, setting in _SETTINGS.items():
        variable = ENVIRONMENT_PREFIX + name.upper()
        # A variable that is set to nothing is as good as none.
        text = variables.get(variable, "").strip()
        if not text:
            continue
        try:
            given[name] = _parser(name, setting.default)(text)
            check_range(name, given[name])
        except ConfigError as error:
            raise ConfigError(f"{variable}: {error}") from error
        except (ValueError, KeyError) as error:
            raise ConfigError(f"{variable} is '{text}', and {_kind(name)} is needed") from error
    return given


def misspelt(environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables that look like a setting and are none, each with the one it looks like.

    Other variables with the same beginning may belong to another program.

    >>> misspelt({"KMGRAPH_QUERY_TIMEOUT": "5", "KMGRAPH_PORT": "80", "KMGRAPH_NOTES": "x"})
    {'KMGRAPH_QUERY_TIMEOUT': 'KMGRAPH_QUERY_TIMEOUT_S'}
    """
    known = [FILE_VARIABLE, *(ENVIRONMENT_PREFIX + name.upper() for name in _SETTINGS)]
    found = {}
    for name in environment:
        if name.startswith(ENVIRONMENT_PREFIX) and name not in known:
            if close := difflib.get_close_matches(name, known, 1, _SIMILAR):
                found[name] = close[0]
    return found


def _parser(name: str, default: Any) -> Callable[[str], Any]:
    """Return what reads the text of a setting."""
    if name == "mounts":
        return lambda text: tuple(Mount.parse(item) for item in text.split())
    if name == "store":
        return Path
    if isinstance(default, tuple):
        return lambda text: tuple(text.split())
    if isinstance(default, bool):
        return lambda text: {**_TRUTH, **_FALSITY}[text.lower()]
    parser: Callable[[str], Any] = type(default)
    return parser


def _kind(name: str) -> str:
    """Return what kind of value a setting takes, in words."""
    if name == "mounts":
        return "a table of paths and folders"
    default = _SETTINGS[name].default
    kinds = {bool: "true or false", int: "a whole number", float: "a number", tuple: "a list"}
    return kinds.get(type(default), "a text")
