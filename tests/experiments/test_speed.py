"""The benchmarks start, wait for their rivals, and sum up under the promised keys; no time is asserted."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

SPEED = Path(__file__).resolve().parents[2] / "experiments" / "speed"
PROMISED = (
    "extraction_vs_flair",
    "extraction_vs_hf_loop",
    "extraction_fraction_of_peak",
    "elmo_vs_step_loop",
    "probe_vs_sklearn",
    "gather_fraction_of_bandwidth",
)


@pytest.fixture
def speed(monkeypatch):
    """The benchmarks import each other as neighbours, as scripts do."""
    monkeypatch.syspath_prepend(str(SPEED))
    yield
    for name in [path.stem for path in SPEED.glob("*.py")]:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("script", ["bench", "extraction", "elmo", "probes", "gather", "sentence_baselines"])
@pytest.mark.usefixtures("speed")
def test_help_works(script, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [f"{script}.py", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SPEED / f"{script}.py"), run_name="__main__")
    assert ended.value.code == 0
    assert "--rounds" in capsys.readouterr().out


@pytest.mark.usefixtures("speed")
def test_the_summary_has_the_promised_keys_and_says_what_was_not_measured():
    from rounds import Measured
    from summary import summary_of, table_of

    measured = Measured({"flair": [9.0, 80.0, 18.0], "embedbench": [1.0, 2.0, 2.0]}, [0.0, 0.9, 0.05])
    script = {
        "script": "extraction",
        "keys": {"extraction_vs_flair": measured.ratio("flair", "embedbench")},
        "why_not": {"extraction_vs_hf_loop": "because"},
        "within_tolerance": False,
    }
    summary = summary_of([script, {"script": "elmo", "failed": "elmo.py ended with exit code 1"}], quick=True)
    assert set(PROMISED) <= set(summary)
    assert summary["extraction_vs_flair"] == 9.0  # the disturbed round, 40, does not count
    assert summary["spread"]["extraction_vs_flair"]["rounds"] == 2
    assert summary["elmo_vs_step_loop"] is None
    assert summary["not_measured"]["extraction_vs_hf_loop"] == "because"
    table = table_of(summary)
    assert all(f"`{key}`" in table for key in PROMISED)
    assert "OUTSIDE ITS TOLERANCE: extraction" in table
    assert "elmo.py ended" in table
    json.dumps(summary)


@pytest.mark.usefixtures("speed")
def test_a_machine_busy_throughout_keeps_all_rounds_and_says_so():
    from rounds import Measured

    measured = Measured({"slow": [2.0, 6.0], "fast": [1.0, 1.0]}, [0.5, 0.6])
    assert measured.disturbed
    assert measured.ratio("slow", "fast") == {"median": 4.0, "lowest": 2.0, "highest": 6.0, "rounds": 2}


@pytest.mark.usefixtures("speed")
def test_a_rival_works_when_told_and_is_compared(tmp_path, monkeypatch):
    import rival
    from rounds import interleaved

    (tmp_path / "doubling.py").write_text(
        f"import sys; sys.path.insert(0, {str(SPEED)!r})\n"
        "import numpy as np\nfrom rival_process import serve\nprint('noise on the output')\n"
        "serve(lambda told: (lambda: [2 * n for n in told['numbers']], np.asarray), ('numpy',))\n"
    )
    monkeypatch.setattr(rival, "HERE", tmp_path)
    other = rival.Rival(Path(sys.executable), "doubling.py", {"numbers": [1, 2]})
    measured = interleaved({"rival": other.go, "ours": lambda: 1.0}, 2, (other.process,))
    assert len(measured.seconds["rival"]) == len(measured.others) == 2
    assert other.found().tolist() == [2, 4]
    assert other.versions == {"numpy": np.__version__}
    other.close()
    with pytest.raises(rival.RivalError, match="make bench"):
        rival.Rival(tmp_path / "absent", "doubling.py", {})
    (tmp_path / "broken.py").write_text("raise SystemExit('no such package')")
    with pytest.raises(rival.RivalError, match="no such package"):
        rival.Rival(Path(sys.executable), "broken.py", {})


def test_the_pins_of_the_rivals_are_exact():
    lines = [line for line in (SPEED / "rivals.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert all("==" in line for line in lines)
    assert {"torch==2.13.0", "flair==0.15.1"} <= set(lines)
    assert any(line.startswith("sentence-transformers==") for line in lines)
