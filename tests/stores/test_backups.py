"""Backups: taken while others read and write, whole or not there, and a store again afterwards."""

from __future__ import annotations

import gzip
import io
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import pytest

from kmgraph.access import TokenRegister
from kmgraph.errors import (
    FileAccessError,
    InputError,
    StoreCorruptError,
    StoreError,
    StoreLockedError,
    StoreUnavailableError,
)
from kmgraph.progress import ProgressEvent
from kmgraph.stores.backups import BackupSummary, back_up
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.restoring import restore

#: Be killed at an event of a backup or a restore: FUNCTION, SOURCE, TARGET, EVENT, DELAY_MS.
DRIVER = """
import os, signal, sys, threading
from kmgraph.stores.backups import BackupSummary, back_up
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.restoring import restore
what, source, target, number, delay_ms = sys.argv[1:]
seen = 0
def watch(event):
    global seen
    seen += 1
    if seen == int(number) and delay_ms == "0":
        os.kill(os.getpid(), signal.SIGKILL)
    if seen == int(number):
        threading.Timer(int(delay_ms) / 1000, os.kill, (os.getpid(), signal.SIGKILL)).start()
if what == "backup":
    back_up(GenerationStore(source), target, all_generations=True, progress=watch)
else:
    restore(source, target, progress=watch)
print(seen)
"""
LIMIT_S = 60


def put(store: GenerationStore, folder: Path, numbers: range, visibility: str = "public") -> int:
    """Publish a generation with numbered triples in the graph of a visibility."""
    graph = f"{store.base}graph/{visibility}"
    path = folder / f"{visibility}.nq"
    path.write_text("".join(f'<urn:s{n}> <urn:p> "{n}" <{graph}> .\n' for n in numbers))
    with store.begin(reason="put") as writer:
        writer.replace_graph(visibility, path, visibility=visibility)
        return writer.publish().id


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> GenerationStore:
    """Return a store with three generations, the data of two groups and a token."""
    folder = tmp_path_factory.mktemp("ground")
    store = GenerationStore.create(folder / "store")
    TokenRegister(store.path).create("both", ["read"], ["north", "south"])
    put(store, folder, range(300), "north")
    put(store, folder, range(200, 500), "south")
    put(store, folder, range(100))
    (store.path / "tombstones.json").write_text("{}\n")
    return store


@pytest.fixture(scope="module")
def archive(ground: GenerationStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a backup of the current generation."""
    return back_up(ground, tmp_path_factory.mktemp("archive") / "b.tar").file


def digests(store: GenerationStore, number: int | None = None) -> dict[str, str]:
    """Return the digest of each view of a generation."""
    return {key: store.digest(key, number) for key in store.generation(number).views}


def state(path: Path) -> dict[str, bytes]:
    """Return the files of a store that a backup has to keep."""
    # A restore that is killed after its last step leaves its lock.
    locks = ("writer.lock", "restore.lock")
    files = (file for file in path.rglob("*") if file.is_file() and file.name not in locks)
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


@pytest.mark.parametrize("ending", ["tar", "tar.gz", "tgz"])
def test_a_restored_store_is_the_store(
    ground: GenerationStore, tmp_path: Path, ending: str
) -> None:
    """Every view, every byte, ids and tokens."""
    made = back_up(ground, tmp_path / f"b.{ending}", all_generations=True)
    assert (made.generations, made.has_tokens) == ((1, 2, 3), True)
    assert made.file.stat().st_mode & 0o777 == 0o600
    assert made.length == made.file.stat().st_size
    assert restore(made.file, tmp_path / "new").generations == (1, 2, 3)
    new = GenerationStore(tmp_path / "new")
    left = {name: data for name, data in state(ground.path).items() if name != "tokens.lock"}
    assert left == state(new.path)
    assert not (new.path / "restore.lock").exists()
    for number in (1, 2, 3):
        assert digests(ground, number) == digests(new, number)
    assert new.base == ground.base
    assert (new.path / "tokens.json").stat().st_mode & 0o777 == 0o600
    # It can be written to, and goes on where the other was.
    assert put(new, tmp_path, range(7)) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == [made.file.name, "new", "public.nq"]


def test_only_the_current_generation_is_kept_unless_all_are_asked_for(
    ground: GenerationStore, archive: Path, tmp_path: Path
) -> None:
    restore(archive, tmp_path / "new")
    new = GenerationStore(tmp_path / "new")
    assert [generation.id for generation in new.generations()] == [3]
    assert digests(new) == digests(ground)
    assert "public+north+south" in digests(new)


def test_tokens_can_be_left_out(ground: GenerationStore, tmp_path: Path) -> None:
    made = back_up(ground, tmp_path / "b.tar", tokens=False)
    assert not made.has_tokens
    assert not restore(made.file, tmp_path / "new").has_tokens
    assert TokenRegister(tmp_path / "new").list() == ()
    digest = TokenRegister(ground.path).list()[0].digest.encode()
    assert digest not in made.file.read_bytes()
    assert (tmp_path / "new" / "tombstones.json").exists()


def test_a_folder_takes_backups_under_names_of_their_own(
    ground: GenerationStore, tmp_path: Path
) -> None:
    made = back_up(ground, tmp_path)
    assert made.file.parent == tmp_path
    assert made.file.name.startswith("store-000003-20") and made.file.name.endswith("Z.tar.gz")
    restore(made.file, tmp_path / "new")


def test_nothing_is_overwritten(ground: GenerationStore, archive: Path, tmp_path: Path) -> None:
    taken = tmp_path / "b.tar"
    taken.write_text("mine")
    with pytest.raises(StoreError, match="already"):
        back_up(ground, taken)
    assert taken.read_text() == "mine"
    before = state(ground.path)
    with pytest.raises(StoreError, match="a store here already"):
        restore(archive, ground.path)
    assert before == state(ground.path)
    with pytest.raises(StoreError, match="something here already"):
        restore(archive, tmp_path)
    (tmp_path / "empty").mkdir()
    restore(archive, tmp_path / "empty")
    with pytest.raises(StoreError, match="something here already"):
        restore(archive, taken)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(StoreError, match="something here already"):
        restore(archive, tmp_path / "loop")


def test_what_cannot_be_a_backup_is_said(ground: GenerationStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.tar\.gz"):
        back_up(ground, tmp_path / "b.zip")
    with pytest.raises(InputError, match="in the store"):
        back_up(ground, ground.path)
    with pytest.raises(StoreUnavailableError, match="nothing is published"):
        back_up(GenerationStore.create(tmp_path / "fresh"), tmp_path / "b.tar")
    with pytest.raises(FileAccessError):
        restore(tmp_path / "none.tar", tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["fresh"]


def damaged(archive: Path, target: Path, how: str) -> Path:
    """Return a damaged copy of an archive."""
    content = bytearray(archive.read_bytes())
    if how == "cut":
        del content[len(content) // 2 :]
    elif how == "no manifest":
        with tarfile.open(archive) as whole, tarfile.open(target, "w") as rest:
            for member in whole.getmembers()[:-1]:
                rest.addfile(member, whole.extractfile(member))
        return target
    elif how == "a bit":
        place = content.index(b'"format_version": 1, "base"')
        content[place + len('"format_version": 1, "base": "h')] ^= 1
    elif how == "gzip":
        content = bytearray(gzip.compress(bytes(content)))
        content[len(content) // 2] ^= 1
    elif how == "outside":
        with tarfile.open(archive) as whole, tarfile.open(target, "w") as bad:
            entry = tarfile.TarInfo("../outside")
            bad.addfile(entry, io.BytesIO())
            for member in whole.getmembers():
                bad.addfile(member, whole.extractfile(member))
        return target
    elif how == "link":
        with tarfile.open(target, "w") as bad:
            entry = tarfile.TarInfo("store.json")
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/hostname"
            bad.addfile(entry)
        return target
    else:
        content = bytearray(b"no archive" * 100)
    target.write_bytes(content)
    return target


@pytest.mark.parametrize(
    "how", ["cut", "no manifest", "a bit", "gzip", "outside", "link", "something else"]
)
def test_a_damaged_backup_makes_no_store(archive: Path, tmp_path: Path, how: str) -> None:
    broken = damaged(archive, tmp_path / "broken", how)
    with pytest.raises(StoreCorruptError, match="no whole backup"):
        restore(broken, tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["broken"]


def test_backups_and_builds_do_not_disturb_each_other(tmp_path: Path) -> None:
    """While generations are published and collected, each backup is one of them, whole."""
    store = GenerationStore.create(tmp_path / "store")
    expected = {}
    folder = tmp_path / "in"
    folder.mkdir()
    put(store, folder, range(2000))
    expected[1] = store.digest()
    is_over = threading.Event()

    def build() -> None:
        number = 1
        while not is_over.is_set():
            number += 1
            assert put(store, folder, range(number, number + 2000)) == number
            expected[number] = store.generation(number).digest
            if number % 3 == 0:
                store.gc(1)

    builder = threading.Thread(target=build)
    builder.start()
    made: dict[int, BackupSummary] = {}
    end = time.monotonic() + LIMIT_S
    try:
        while len(made) < 3 and time.monotonic() < end:
            path = tmp_path / f"{time.monotonic_ns()}.tar"
            backup = back_up(store, path, all_generations=bool(len(made) % 2))
            made[backup.generations[-1]] = backup
    finally:
        is_over.set()
        builder.join(LIMIT_S)
    assert len(made) == 3
    for number, backup in made.items():
        restore(backup.file, tmp_path / f"new-{number}")
        new = GenerationStore(tmp_path / f"new-{number}")
        assert new.current_id() == number
        for generation in backup.generations:
            assert new.digest(None, generation) == expected[generation]


def test_a_generation_that_is_rewritten_is_copied_anew(
    ground: GenerationStore, tmp_path: Path
) -> None:
    """As an erasure does: another directory takes the place of the one that is copied."""
    shutil.copytree(ground.path, tmp_path / "store")
    store = GenerationStore(tmp_path / "store")
    times = []

    def swap(event: ProgressEvent) -> None:
        if event.phase != "checkpoint" or len(times) >= swaps:
            return
        times.append(event)
        directory = store.generation_dir()
        anew = directory.with_suffix(".new")
        shutil.copytree(directory, anew)
        (anew / "files" / "anew.txt").write_text(f"{len(times)}")
        directory.rename(tmp_path / f"old-{len(times)}-{swaps}")
        anew.rename(directory)

    swaps = 2
    made = back_up(store, tmp_path / "b.tar", progress=swap)
    restore(made.file, tmp_path / "new")
    assert state(tmp_path / "new") == {
        name: data
        for name, data in state(store.path).items()
        if name.startswith("generations/000003") or ("/" not in name and "lock" not in name)
    }
    swaps = 99
    times.clear()
    with pytest.raises(StoreUnavailableError, match="being rewritten"):
        back_up(store, tmp_path / "c.tar", progress=swap)
    assert not list(tmp_path.glob("c.tar*"))


def run(what: str, source: Path, target: Path, number: int, delay_ms: int) -> tuple[int, str]:
    """Run a backup or a restore that is killed; return the exit code and the output."""
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, what, str(source), str(target), str(number), str(delay_ms)],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode, done.stdout


def test_killed_half_way_it_is_not_there_and_can_be_run_again(
    ground: GenerationStore, tmp_path: Path
) -> None:
    chance = random.Random(90)
    _, seen = run("backup", ground.path, tmp_path / "b.tar", 0, 0)
    _, steps = run("restore", tmp_path / "b.tar", tmp_path / "new", 0, 0)
    whole = state(tmp_path / "new")
    killed = 0
    for number in range(4):
        target = tmp_path / f"{number}.tar"
        code, _ = run("backup", ground.path, target, chance.randint(1, int(seen)), number % 3)
        killed += bool(code)
        if not target.exists():
            assert code
            back_up(ground, target, all_generations=True)
        assert not target.with_name(f"{target.name}.part").exists()
        store = tmp_path / f"new-{number}"
        code, _ = run("restore", target, store, chance.randint(1, int(steps)), number % 3)
        killed += bool(code)
        if not store.exists():
            assert code
            restore(target, store)
        assert state(store) == whole
        assert not store.with_name(f"{store.name}.restoring").exists()
    assert killed >= 4


def test_two_at_once_do_not_write_into_each_other(
    ground: GenerationStore, archive: Path, tmp_path: Path
) -> None:
    refused: list[type[Exception]] = []

    def again(event: ProgressEvent) -> None:
        try:
            if event.phase == "checkpoint":
                back_up(ground, tmp_path / "b.tar")
            elif event.phase == "read":
                restore(archive, tmp_path / "new")
        except StoreLockedError as error:
            refused.append(type(error))

    back_up(ground, tmp_path / "b.tar", progress=again)
    restore(archive, tmp_path / "new", progress=again)
    assert refused == [StoreLockedError] * 2
    restore(tmp_path / "b.tar", tmp_path / "other")
    assert digests(GenerationStore(tmp_path / "new")) == digests(
        GenerationStore(tmp_path / "other")
    )


def modes(path: Path) -> dict[str, int]:
    """Return who may open the folders and files of a store, its locks left out."""
    found = [path, *(file for file in path.rglob("*") if file.suffix != ".lock")]
    return {str(file.relative_to(path)): file.stat().st_mode & 0o777 for file in found}


@pytest.mark.parametrize("mode", [0o700, 0o775])
def test_a_restored_store_is_open_to_those_to_whom_it_was(
    ground: GenerationStore, tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "store"
    shutil.copytree(ground.path, path, ignore=shutil.ignore_patterns("*.lock", "0000*"))
    shutil.copytree(ground.generation_dir(), path / "generations" / "000003")
    for folder in (path, path / "generations", path / "generations" / "000003"):
        folder.chmod(mode)
    (path / "tombstones.json").chmod(0o640)
    restore(back_up(GenerationStore(path), tmp_path / "b.tar").file, tmp_path / "new")
    assert modes(tmp_path / "new") == modes(path)


def test_a_backup_that_tells_no_mode_makes_a_private_store(archive: Path, tmp_path: Path) -> None:
    content = archive.read_bytes()
    # Of the same length, so that the archive stays well-formed.
    assert content.count(b'"mode": ') == 1
    (tmp_path / "b.tar").write_bytes(content.replace(b'"mode": ', b'"none": '))
    restore(tmp_path / "b.tar", tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("where", ["a folder", "here", "a link", "a link to nothing", "a mount"])
def test_an_empty_folder_is_filled(
    archive: Path, ground: GenerationStore, tmp_path: Path, monkeypatch, where: str
) -> None:
    """As it is, with its mode: it may be a mount point, which nothing can take the place of."""
    folder = target = tmp_path / "folder"
    folder.mkdir(mode=0o711)
    before = folder.stat()
    if where == "here":
        monkeypatch.chdir(folder)
        target = Path(".")
    elif where == "a link":
        target = tmp_path / "link"
        target.symlink_to(folder)
    elif where == "a link to nothing":
        folder.rmdir()
        target = tmp_path / "link"
        target.symlink_to(folder)
    elif where == "a mount":
        (folder / "lost+found").mkdir()
    restore(archive, target)
    assert digests(GenerationStore(target)) == digests(ground)
    assert not {"store.restoring", "restore.lock"} & {path.name for path in target.iterdir()}
    if where != "a link to nothing":
        assert (before.st_ino, before.st_mode) == (folder.stat().st_ino, folder.stat().st_mode)
    with pytest.raises(StoreError, match="a store here already"):
        restore(archive, target)


#: Fill a folder, and be killed when so many files of the store were moved to their place.
FILLER = """
import os, pathlib, signal, sys
from kmgraph.stores.restoring import restore
source, target, number = sys.argv[1:]
rename, seen = pathlib.Path.rename, 0
def watch(self, place):
    global seen
    if seen == int(number):
        os.kill(os.getpid(), signal.SIGKILL)
    seen += 1
    return rename(self, place)
pathlib.Path.rename = watch
restore(source, target)
"""


def test_a_folder_that_is_filled_is_a_store_at_last_or_not_at_all(
    archive: Path, ground: GenerationStore, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", FILLER, str(archive), str(tmp_path / "new")]
    (tmp_path / "new").mkdir()
    for number in (0, 2, 4):
        done = subprocess.run([*command, str(number)], timeout=LIMIT_S, check=False)
        assert done.returncode == -signal.SIGKILL
        with pytest.raises(StoreUnavailableError, match="no store"):
            GenerationStore(tmp_path / "new")
    mine = tmp_path / "new" / "mine.txt"
    mine.write_text("mine")
    with pytest.raises(StoreError, match=r"mine\.txt"):
        restore(archive, tmp_path / "new")
    assert mine.read_text() == "mine"
    mine.unlink()
    shutil.rmtree(tmp_path / "new" / "store.restoring", ignore_errors=True)
    with pytest.raises(StoreError, match="something here already"):
        restore(archive, tmp_path / "new")
    (tmp_path / "new" / "store.restoring").mkdir()
    restore(archive, tmp_path / "new")
    assert digests(GenerationStore(tmp_path / "new")) == digests(ground)


def test_a_damaged_backup_leaves_an_empty_folder_empty(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    broken = damaged(archive, tmp_path / "broken", "a bit")
    with pytest.raises(StoreCorruptError):
        restore(broken, tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
