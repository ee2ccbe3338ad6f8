"""Files of data sets on the Hugging Face Hub, by name, each at an exact commit that records can name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from embedbench.errors import DataError, MissingExtraError

SCHEME = "hub:"
_SPEC = re.compile(r"hub:(?P<name>[\w.\-]+/[\w.\-]+)(@(?P<revision>[\w.\-]+))?/(?P<file>.+)")
_SHAPE = "hub:OWNER/NAME/FILE or hub:OWNER/NAME@REVISION/FILE"


@dataclass(frozen=True)
class HubFile:
    """One file of a data set on the Hub.

    Attributes:
        name: `OWNER/NAME` of the data set.
        revision: branch, tag or commit.
        file: its path in the data set.
        path: where it lies here.
    """

    name: str
    revision: str
    file: str
    path: Path

    @property
    def commit(self) -> str:
        """The exact revision: the cache keeps every file below snapshots/COMMIT."""
        return self.path.parents[len(Path(self.file).parts) - 1].name


def hub_file(spec: str) -> HubFile:
    """The file that `hub:OWNER/NAME[@REVISION]/FILE` names: from the local cache, else from the Hub.

    A file that the cache has at that revision is not asked for again, so a branch stays what it was when it was first
    read; name a commit to have the same file on every machine.

    Raises:
        DataError: the spec has another shape, or the file is not in the cache and cannot be got.
        MissingExtraError: huggingface_hub is not installed.
    """
    found = _SPEC.fullmatch(spec)
    if found is None:
        raise DataError(f"{spec!r} names no file on the Hub; expected {_SHAPE}")
    try:
        from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache
    except ModuleNotFoundError:
        raise MissingExtraError(needed_by=f"the file {spec}", package="huggingface_hub", extra="transformers") from None
    name, revision, file = found["name"], found["revision"] or "main", found["file"]
    path = try_to_load_from_cache(name, file, revision=revision, repo_type="dataset")
    if not isinstance(path, str):
        where = (
            f"{file} of the data set {name} (revision {revision}) is not in the local cache {constants.HF_HUB_CACHE}"
        )
        if constants.HF_HUB_OFFLINE:
            raise DataError(
                f"{where} and HF_HUB_OFFLINE forbids downloading it; unset HF_HUB_OFFLINE, or name a file of your own"
            )
        try:
            path = hf_hub_download(name, file, revision=revision, repo_type="dataset")
        except (OSError, ValueError) as error:
            said = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
            raise DataError(f"{where} and cannot be downloaded ({said}); check the name and the connection") from None
    return HubFile(name, revision, file, Path(path))


def pinned_files(specs: list[str]) -> dict[str, str]:
    """The commit of every data set on the Hub that these specs read from, by `hub:datasets/OWNER/NAME`."""
    files = [hub_file(spec) for spec in specs if spec.startswith(SCHEME)]
    return {f"hub:datasets/{file.name}": file.commit for file in files}


def at_commit(spec: str, pinned: dict[str, str]) -> str:
    """The spec with the commit that is known for its data set in the place of its revision."""
    found = _SPEC.fullmatch(spec)
    commit = None if found is None else pinned.get(f"hub:datasets/{found['name']}")
    return spec if found is None or commit is None else f"{SCHEME}{found['name']}@{commit}/{found['file']}"
