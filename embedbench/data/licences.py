"""What a licence asks of those who use the data, in words; no lawyer, but better than an abbreviation."""

from __future__ import annotations

from embedbench.data.catalogue import DataSet


def licence_note(entry: DataSet) -> str:
    """One line on what the licence of a data set asks for.

    >>> from embedbench.data.catalogue import data_set
    >>> licence_note(data_set("sick"))
    'licence CC BY-NC-SA 3.0 (no commercial use): name the authors, not for commercial use, share alike'
    >>> licence_note(data_set("blimp"))
    'licence CC BY 4.0: name the authors'
    """
    text = entry.licence
    asked = []
    if "CC BY" in text:
        asked.append("name the authors")
    if "NC" in text or "no commercial" in text:
        asked.append("not for commercial use")
    if "SA" in text:
        asked.append("share alike")
    if "not stated" in text:
        asked.append("where none is stated all rights are the authors': use it for research, and do not pass it on")
    if "GPL" in text:
        asked.append("what contains it is under the same licence")
    if not asked and ("Apache" in text or "MIT" in text):
        asked.append("keep the notice of the licence where you pass it on")
    return f"licence {text}" + (f": {', '.join(asked)}" if asked else "")
