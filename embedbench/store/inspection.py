"""Which shards of a store are there and undamaged."""

from __future__ import annotations

from pathlib import Path

from embedbench.errors import StoreError
from embedbench.progress import Progress, SilentProgress
from embedbench.store.layout import Layout, shard_path
from embedbench.store.shard import damage

_verified: set[tuple[str, int, int, int]] = set()
"""Files whose checksum this process has seen to fit: path, inode, size and time of last change."""


def missing_shards(folder: Path, layout: Layout, *, verify: bool, progress: Progress) -> list[int]:
    """The shards that must be built: absent or damaged. Nothing is written, so a finished store may be read-only.

    Raises:
        StoreError: a shard cannot be read.
    """
    present = [shard for shard in range(layout.n_shards) if shard_path(folder, shard).exists()]
    missing = set(range(layout.n_shards)) - set(present)
    # A store that was checked before in this process opens without a word.
    unseen = verify and any(_identity(shard_path(folder, shard)) not in _verified for shard in present)
    watched = progress if unseen else SilentProgress()
    with watched.phase(f"verify {layout.extractor}", len(present), "shards") as advance:
        for shard in present:
            path = shard_path(folder, shard)
            try:
                wrong = _wrong(path, layout, shard, verify=verify)
            except FileNotFoundError:
                wrong = "it has just been removed"
            except OSError as error:
                raise StoreError(
                    f"cannot read {path}: {error.strerror or error}; make it readable, or delete it to have it rebuilt"
                ) from error
            if wrong is not None:
                progress.note(f"store: {path} is damaged ({wrong}) and will be rebuilt")
                missing.add(shard)
            advance(1)
    return sorted(missing)


def is_intact(path: Path, layout: Layout, shard: int) -> bool:
    """Whether a shard is there and undamaged, for instance because another process has built it in the meantime.

    Raises:
        OSError: the shard is there and cannot be read.
    """
    try:
        return _wrong(path, layout, shard, verify=True) is None
    except FileNotFoundError:
        return False


def trust(path: Path) -> None:
    """Remembers that this process has just written the file, so that it need not be read again."""
    _verified.add(_identity(path))


def _wrong(path: Path, layout: Layout, shard: int, *, verify: bool) -> str | None:
    identity = _identity(path)
    wrong = damage(path, layout, shard, verify=verify and identity not in _verified)
    if verify and wrong is None:
        _verified.add(identity)
    return wrong


def _identity(path: Path) -> tuple[str, int, int, int]:
    stat = path.stat()
    return str(path.resolve()), stat.st_ino, stat.st_size, stat.st_mtime_ns
