"""The catalogue of saved questions."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from kmgraph import artefacts
from kmgraph.errors import InputError, QuestionNotFoundError
from kmgraph.questions.header import read_question
from kmgraph.questions.model import Question

#: Environment variable that names a folder with questions of one's own.
OWN_QUESTIONS: Final = "KMGRAPH_QUESTIONS"


class Catalogue(Mapping[str, Question]):
    """Questions by id, in the order of their ids.

    A question is found by its whole id or by its number alone.

    >>> load_catalogue()["31"].id
    'cq-031'
    """

    def __init__(self, questions: Iterable[Question]) -> None:
        self._questions: dict[str, Question] = {}
        for question in sorted(questions, key=lambda one: one.id):
            if question.id in self._questions:
                other = self._questions[question.id].path.name
                raise InputError(
                    f"{question.path.name}: header key 'id': '{question.id}' is also the id of "
                    f"{other}; ids are unique"
                )
            self._questions[question.id] = question

    def __getitem__(self, question_id: str) -> Question:
        """Return a question.

        :param question_id: its id, or its number.
        :raises QuestionNotFoundError: there is no such question; the message names near ones.
        """
        if found := self._questions.get(_full_id(question_id)):
            return found
        names = {question.id: f"{question.id} ({question.title})" for question in self.values()}
        near = difflib.get_close_matches(_full_id(question_id), names, 3, cutoff=0.7)
        hint = f"did you mean {' or '.join(names[one] for one in near)}? " if near else ""
        raise QuestionNotFoundError(
            f"there is no saved question '{question_id}': {hint}"
            "'kmgraph questions' lists all of them"
        )

    def __contains__(self, question_id: object) -> bool:
        return isinstance(question_id, str) and _full_id(question_id) in self._questions

    def __iter__(self) -> Iterator[str]:
        return iter(self._questions)

    def __len__(self) -> int:
        return len(self._questions)


def _full_id(question_id: str) -> str:
    """Return ``cq-031`` for ``31``, ``031``, ``cq-31`` or ``CQ-031``."""
    text = question_id.strip().lower()
    match = re.fullmatch(r"(?:cq-?)?([0-9]{1,3})", text, re.ASCII)
    return f"cq-{int(match.group(1)):03d}" if match else text


def load_catalogue(paths: Iterable[Path] | None = None) -> Catalogue:
    """Read the saved questions.

    :param paths: query files to read; if none are given, those that are shipped and those of the
        folder that the environment variable ``KMGRAPH_QUESTIONS`` names.
    :raises InputError: the header of a file is wrong, or there is no such folder.

    >>> "cq-031" in load_catalogue()
    True
    """
    files = [*artefacts.files("queries", "competency/*.rq"), *_own()] if paths is None else paths
    return Catalogue(_read(path, *_state(path)) for path in files)


def _own() -> list[Path]:
    """Return the query files of the user's own folder; none where no folder is named."""
    if not (named := os.environ.get(OWN_QUESTIONS)):
        return []
    folder = Path(named)
    if not folder.is_dir():
        raise InputError(f"{OWN_QUESTIONS} names '{named}', and there is no such folder")
    return sorted(folder.glob("*.rq"))


def _state(path: Path) -> tuple[int, int]:
    """Return what tells whether a file was changed: when, in nanoseconds, and its size in bytes."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


# Reading all headers takes a second, and each answer needs one of them.
@lru_cache(maxsize=1_024)
def _read(path: Path, changed_ns: int, size_bytes: int) -> Question:
    """Return a question; its file is read again once it was changed."""
    return read_question(path)
