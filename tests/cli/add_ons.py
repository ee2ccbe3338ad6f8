"""Installed packages without an installer: a `.dist-info` folder is all that entry points are read from."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

PLUGIN = Path(__file__).resolve().parents[1] / "plugin_package"


def installed(package: Path, site: Path) -> str:
    """What PYTHONPATH must be for the package to be found with its entry points."""
    project = tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"]
    described(site, project["name"], project["version"], project["entry-points"]["embedbench.components"])
    return os.pathsep.join([str(site), str(package)])


def described(site: Path, name: str, version: str, points: dict[str, str]) -> None:
    """Writes the metadata of a package into a folder on the path."""
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")
    lines = [f"{key} = {value}" for key, value in points.items()]
    (folder / "entry_points.txt").write_text("\n".join(["[embedbench.components]", *lines, ""]), "utf-8")
