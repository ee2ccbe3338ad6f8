"""`launcher=local|joblib|slurm|ray` of `embedbench run -m`: who runs the cells of a sweep."""

from embedbench.cli.launchers.choosing import launched, register_launchers
from embedbench.cli.launchers.launch import Launch

__all__ = ["Launch", "launched", "register_launchers"]
