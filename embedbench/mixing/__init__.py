"""Layer mixes: the layers of a word → one vector.

Every mix is a linear map over layers, described by `coefficients`: `slots` rows, one coefficient per layer. One slot
gives a vector of the layers' own dimension; `concat` has one slot per layer. Learned mixes replace the coefficients of
their single slot by `gamma * softmax(w)` (Peters et al. 2018, equation 1; `w` starts at 0, `gamma` at 1).

No mix ever normalises over a batch: the mixed vector of a word depends on that word alone.
"""

from embedbench.mixing.kinds import Concat, Cumulative, Mean, Mix, Scalar, ScalarNormed, Single, TopDown
from embedbench.mixing.layers import NORM_EPSILON, mix_layers, normalise_words
from embedbench.mixing.names import check_mix_names, expand_mixes, own_mixes, simplest

__all__ = [
    "NORM_EPSILON",
    "Concat",
    "Cumulative",
    "Mean",
    "Mix",
    "Scalar",
    "ScalarNormed",
    "Single",
    "TopDown",
    "check_mix_names",
    "expand_mixes",
    "mix_layers",
    "normalise_words",
    "own_mixes",
    "simplest",
]
