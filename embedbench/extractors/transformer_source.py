"""Where a Hugging Face model lies: a local folder, inside an installed package, or in the local Hub cache."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from embedbench.data.locate import locate
from embedbench.errors import ConfigurationError, DataError, MissingExtraError
from embedbench.fingerprint import file_fingerprint, fingerprint

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.\-]*(/[\w.\-]+)?")
_WEIGHTS = (".safetensors", ".bin")
_OTHERS = (".json", ".txt", ".model")


@dataclass(frozen=True)
class ModelSource:
    """A model that can be loaded.

    Attributes:
        spec: how the user named it.
        load: what to hand to `from_pretrained`: a folder, or a Hub name.
        commit: the exact revision of a Hub model; None for a folder.
    """

    spec: str
    load: str
    commit: str | None

    def fingerprint(self, *, weights: bool) -> str:
        """Of the model's files, of its weights only on request; a Hub model is its name and commit.

        Raises:
            DataError: a local folder has no weights although they are asked for.
        """
        if self.commit is not None:
            return fingerprint(self.load, self.commit)
        folder = Path(self.load)
        wanted = _OTHERS + _WEIGHTS if weights else _OTHERS
        files = sorted(path for path in folder.iterdir() if path.suffix in wanted and path.is_file())
        if weights and not any(path.suffix in _WEIGHTS for path in files):
            raise DataError(
                f"the model folder {folder} has no weights; expected model.safetensors or a sharded set of it"
            )
        return fingerprint([[path.name, file_fingerprint(path)] for path in files])


def find_model(spec: str, revision: str) -> ModelSource:
    """The model of that name.

    Args:
        spec: a folder, `package:NAME[/folder]`, or a name on the Hugging Face Hub.
        revision: branch, tag or commit of a Hub model.

    Raises:
        DataError: there is no such folder, or the model is not in the local cache and cannot be got.
        ConfigurationError: the text is neither a folder nor a possible Hub name.
        MissingExtraError: huggingface_hub is not installed.
    """
    if spec.startswith("package:"):
        return ModelSource(spec, str(_model_folder(locate(spec))), None)
    folder = Path(spec).expanduser()
    if folder.is_dir():
        return ModelSource(spec, str(_model_folder(folder)), None)
    if spec.startswith((".", "/", "~")) or spec.count("/") > 1:
        raise DataError(f"the model folder {spec} does not exist; give a folder that holds config.json, or a Hub name")
    if not _HUB_NAME.fullmatch(spec):
        raise ConfigurationError(f"{spec!r} is neither a folder nor a possible name on the Hugging Face Hub")
    return ModelSource(spec, spec, _commit(spec, revision))


def _model_folder(folder: Path) -> Path:
    """The folder itself or, inside a package, the one below it that holds a model."""
    if (folder / "config.json").is_file():
        return folder
    found = [path.parent for path in folder.rglob("config.json") if any(path.parent.glob("tokenizer*"))]
    if len(found) != 1:
        what = "none" if not found else ", ".join(sorted(str(path.relative_to(folder)) for path in found))
        raise DataError(
            f"{folder} holds no config.json; expected a model folder, or one such folder below it, and found {what}"
        )
    return found[0]


def _commit(name: str, revision: str) -> str:
    try:
        from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache
    except ModuleNotFoundError:
        raise MissingExtraError(needed_by="transformer", package="transformers", extra="transformers") from None
    path = try_to_load_from_cache(name, "config.json", revision=revision)
    if not isinstance(path, str):
        if constants.HF_HUB_OFFLINE:
            raise DataError(
                f"the model {name} (revision {revision}) is not in the local cache {constants.HF_HUB_CACHE} and "
                "HF_HUB_OFFLINE forbids downloading it; unset HF_HUB_OFFLINE, or give model=FOLDER"
            )
        try:
            path = hf_hub_download(name, "config.json", revision=revision)
        except (OSError, ValueError) as error:
            raise DataError(
                f"the model {name} (revision {revision}) is not in the local cache {constants.HF_HUB_CACHE} and cannot "
                f"be downloaded ({first_line(error)}); check the name and the connection, or give model=FOLDER"
            ) from None
    # The cache keeps every revision below snapshots/COMMIT.
    return Path(path).parent.name


def first_line(error: BaseException) -> str:
    """The first line of a message, which other libraries follow with a page of advice."""
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__
