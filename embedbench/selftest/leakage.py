"""The leakage alarm: a task whose test split is in train is refused by the task contract."""

from __future__ import annotations

from embedbench.selftest.battery import Finding, Workplace
from embedbench.selftest.worlds import GRAMMAR
from embedbench.tasks.contract import check_task
from embedbench.tasks.tagging import Upos

PROMISE = "dev and test are not in train"


def leakage_alarm(_place: Workplace) -> Finding:
    """`embedbench check task=…` fails when test or dev sentences are in train, and passes when they are not.

    Catches an alarm that never rings, and one that always does.
    """
    found = {
        name: next((not check.passed for check in check_task(Upos(files)) if check.name == PROMISE), False)
        for name, files in (
            ("clean", GRAMMAR),
            ("test in train", {**GRAMMAR, "test": GRAMMAR["train"]}),
            ("dev in train", {**GRAMMAR, "dev": GRAMMAR["train"]}),
        )
    }
    told = ", ".join(f"{name}: {'alarm' if rang else 'no alarm'}" for name, rang in found.items())
    return Finding(told, found == {"clean": False, "test in train": True, "dev in train": True})
