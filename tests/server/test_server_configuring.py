"""Settings come from a file, the environment and the command line, and the later one wins."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from kmgraph.errors import ConfigError
from kmgraph_server import Mount, ServerConfig, read_config, serving
from kmgraph_server.cli import serve

#: A value of each setting that is not its default, as TOML has it, and as text.
OTHER = {
    "store": ("'data/store'", "data/store"),
    "host": ("'::1'", "::1"),
    "mounts": ("{'/synthetic' = 'made', '/b' = 'c'}", "/synthetic=made /b=c"),
    "view": ("'public+north'", "public+north"),
    "memory_mode": ("'disk'", "disk"),
    "contact": ("'data@example.org'", "data@example.org"),
    "service_allow": ("['https://a.example', 'https://b.example']",) * 2,
}
OTHER["service_allow"] = (OTHER["service_allow"][0], "https://a.example  https://b.example")


def other(setting):
    """Return another value than the default, as TOML has it and as text."""
    if setting.name in OTHER:
        return OTHER[setting.name]
    if isinstance(setting.default, bool):
        return ("false", "no") if setting.default else ("true", "Yes")
    text = f"{setting.default + 1}"
    return text, text


@pytest.fixture
def file(tmp_path):
    """What writes a configuration file."""

    def write(text):
        path = tmp_path / "kmgraph.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def started(monkeypatch):
    """What runs the command line, and returns the settings that the server is started with."""
    seen = []
    monkeypatch.setattr(serving, "serve", seen.append)

    def run(*arguments, **environment):
        result = CliRunner().invoke(serve, arguments, env=environment)
        assert result.exit_code == 0, result.output
        return seen.pop()

    return run


@pytest.mark.parametrize("setting", fields(ServerConfig), ids=lambda setting: setting.name)
def test_each_setting_can_be_given_in_three_ways(setting, file, started):
    """With the same meaning."""
    toml, text = other(setting)
    by_file = read_config(file(f"{setting.name} = {toml}"), environment={})
    by_variable = read_config(environment={f"KMGRAPH_{setting.name.upper()}": text})
    name = (setting.metadata["flag"] or setting.name).replace("_", "-")
    if isinstance(setting.default, bool):
        options = [f"--no-{name}" if setting.default else f"--{name}"]
    elif isinstance(setting.default, tuple):
        options = [part for value in text.split() for part in (f"--{name}", value)]
    else:
        options = [f"--{name}", text]
    assert by_file == by_variable == started(*options)
    assert getattr(by_file, setting.name) != setting.default
    assert replace(by_file, **{setting.name: setting.default}) == ServerConfig()
    assert type(getattr(by_file, setting.name)) is type(getattr(by_variable, setting.name))


def test_what_is_said_later_wins(file, started):
    """Default, file, environment, command line; the file is named by an option or a variable."""
    path = file("port = 1\nworkers = 11\nthreads = 21\nservice_allow = ['https://a.example']\n")
    environment = {"KMGRAPH_WORKERS": "12", "KMGRAPH_THREADS": "22"}
    options = ("--threads", "23", "--service-allow", "https://b.example")
    found = started("--config", str(path), *options, **environment)
    assert (found.port, found.workers, found.threads, found.row_limit) == (1, 12, 23, 1_000_000)
    assert found.service_allow == ("https://b.example",)
    assert started(*options, KMGRAPH_CONFIG=str(path), **environment) == found


@pytest.mark.parametrize("name", ["read_only", "union_default_graph"])
def test_an_option_switches_back(name, started):
    """Whichever way a switch was turned before."""
    option, variable = name.replace("_", "-"), f"KMGRAPH_{name.upper()}"
    assert getattr(started(f"--{option}", **{variable: "no"}), name) is True
    assert getattr(started(f"--no-{option}", **{variable: "yes"}), name) is False


def test_zero_and_no_are_values(started):
    """Only what is not given is left to others."""
    found = started("--port", "0", "--cache-bytes", "0", KMGRAPH_CACHE_BYTES="5")
    assert (found.port, found.cache_bytes) == (0, 0)


def test_a_variable_without_text_is_none(started):
    """As service managers leave them."""
    assert started(KMGRAPH_STORE="", KMGRAPH_READ_ONLY=" ", KMGRAPH_MOUNTS="") == ServerConfig()


def test_mounts_of_a_file(file):
    """A table of paths and folders."""
    found = read_config(file("[mounts]\n'/synthetic/' = 'made'\n"), environment={})
    assert found.mounts == (Mount("/synthetic", Path("made")),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "query_timeout = 5",
            "there is no setting 'query_timeout': did you mean 'query_timeout_s'?",
        ),
        ("query-timeout-s = 5", "did you mean 'query_timeout_s'?"),
        ("colour = 'red'", "there is no setting 'colour' \\(settings: store, host"),
        ("port = '80'", "the setting 'port' is '80', and a whole number is needed"),
        ("port = true", "a whole number is needed"),
        ("port = 8.5", "a whole number is needed"),
        ("port = 65536", "at most 65,535"),
        ("port = -1", "at least 0"),
        ("wait_s = false", "a number is needed"),
        ("wait_s = nan", "not infinite"),
        ("query_timeout_s = inf", "not infinite"),
        ("query_timeout_s = 0", "at least 0.001"),
        ("read_only = 1", "true or false is needed"),
        ("view = 5", "a text is needed"),
        ("store = 5", "a text is needed"),
        ("service_allow = 'https://a.example'", "a list is needed"),
        ("service_allow = [1]", "a list is needed"),
        ("mounts = ['/a=b']", "a table of paths and folders is needed"),
        ("mounts = {'/a' = 1}", "a table of paths and folders is needed"),
        ("mounts = {'/a' = ''}", "what to mount where"),
        ("port == 1", "this is no TOML: .*line 1"),
    ],
)
def test_faults_of_a_file_name_the_file(file, text, words):
    """And the setting, and what is needed."""
    path = file(text)
    with pytest.raises(ConfigError, match=words) as caught:
        read_config(path, environment={})
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("PORT", "http", "is 'http', and a whole number is needed"),
        ("PORT", "70000", "at most"),
        ("WAIT_S", "soon", "a number is needed"),
        ("QUERY_TIMEOUT_S", "nan", "not infinite"),
        ("READ_ONLY", "maybe", "true or false is needed"),
        ("MOUNTS", "/a", "what to mount where"),
        ("QUERY_MEMORY_BYTES", "5", "at least 200,000,000"),
    ],
)
def test_faults_of_a_variable_name_it(name, text, words):
    """And what is needed."""
    with pytest.raises(ConfigError, match=words) as caught:
        read_config(environment={f"KMGRAPH_{name}": text})
    assert str(caught.value).startswith(f"KMGRAPH_{name}")


def test_the_files_in_the_documentation_can_be_read(file):
    """Each is one that a server would take."""
    docs = Path(__file__).resolve().parents[2] / "docs"
    for page in ("deployment.md", "operations.md"):
        text = (docs / page).read_text(encoding="utf-8")
        (example,) = re.findall(r"^```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        assert read_config(file(example), environment={}).mounts


def test_a_file_that_is_not_there_is_said(tmp_path):
    """By the variable too."""
    for named in ({"file": tmp_path / "none"}, {"environment": {"KMGRAPH_CONFIG": "none"}}):
        with pytest.raises(ConfigError, match="none: the file cannot be read"):
            read_config(**{"environment": {}, **named})


def test_the_command_line_says_what_is_wrong(tmp_path):
    """Shortly, and with an exit code that says that nothing was started."""
    path = tmp_path / "kmgraph.toml"
    path.write_text("ports = 80\n")
    result = CliRunner().invoke(serve, ["--config", str(path)])
    assert result.exit_code == 1
    assert "did you mean 'port'?" in result.output
    assert "Traceback" not in result.output


def test_a_misspelt_variable_is_told_of(monkeypatch):
    """It would be passed over in silence otherwise; variables of others are."""
    monkeypatch.setattr(serving, "serve", lambda config: None)
    environment = {"KMGRAPH_QUERY_TIMEOUT": "5", "KMGRAPH_SERVICE_HOST": "10.0.0.1"}
    result = CliRunner().invoke(serve, [], env=environment)
    assert result.stderr == (
        "KMGRAPH_QUERY_TIMEOUT is no setting and is passed over: "
        "did you mean KMGRAPH_QUERY_TIMEOUT_S?\n"
    )


@pytest.mark.parametrize("contact", ["nobody", "mailto:a@example.org", "a@b c", "<a@b>"])
def test_a_contact_is_a_mail_address(contact):
    """It becomes an IRI of the catalogue, so it is checked when the server starts."""
    with pytest.raises(ConfigError, match="contact"):
        ServerConfig(contact=contact)
