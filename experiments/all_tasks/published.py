"""What the literature reports on the same data sets, for the last column of the table.

No row is a replication: the systems are larger, the splits are the authors' (dev in Tenney et al. 2019a), the probes
differ. They say where a score should lie: between the static and the large contextual system.
"""

from __future__ import annotations

_LIU = "best layer, Liu et al. 2019, table 1"
_TENNEY = "mix, dev, Tenney et al. 2019a, table 1"

PUBLISHED = {
    ("chunking", "linear"): f"GloVe 62.3, ELMo 90.0, BERT-base 92.6 ({_LIU})",
    ("adposition_role", "linear"): f"GloVe 40.8, ELMo 75.4, BERT-base 79.6 ({_LIU})",
    ("adposition_function", "linear"): f"GloVe 51.5, ELMo 84.9, BERT-base 87.9 ({_LIU})",
    ("upos", "linear"): f"GloVe 83.9, ELMo 95.6, BERT-base 95.2 ({_LIU})",
    ("spr2", "linear"): f"GloVe 80.7, ELMo 82.5, BERT-base 82.8 ({_TENNEY})",
    ("dpr", "linear"): f"GloVe 53.2, ELMo 54.6, BERT-base 55.9 ({_TENNEY})",
    ("relations", "linear"): f"GloVe 56.4, ELMo 77.4, BERT-base 83.2 ({_TENNEY})",
    (
        "wic",
        "linear",
    ): "static 50.0, ELMo 57.7, BERT-large 65.5 (its table of results)",
    ("bigram_shift", "linear"): "bag of fastText 50.8 (Conneau et al. 2018)",
    (
        "word_sense",
        "nearest_centroid",
    ): "most frequent 64.8, ELMo 70.1, BERT-base 71.1 (other text; Reif et al. 2019)",
}
"""(Task, probe) → systems with their figures, and where they stand."""
