"""Small biLMs in the published format, and AllenNLP's modules filled with the same weights."""

from __future__ import annotations

import json

import h5py
import numpy as np
import torch

from embedbench.models.bilm_options import read_options

PUBLISHED = {
    "lstm": {
        "cell_clip": 3, "use_skip_connections": True, "n_layers": 2, "proj_clip": 3, "projection_dim": 6, "dim": 10,
    },
    "char_cnn": {
        "embedding": {"dim": 4}, "filters": [[1, 4], [2, 5], [3, 6]], "n_highway": 2, "n_characters": 262,
        "max_characters_per_token": 50, "activation": "relu",
    },
}  # fmt: skip


def write_options(folder, *, lstm=None, char_cnn=None):
    """An options.json with some entries changed."""
    raw = {"lstm": PUBLISHED["lstm"] | (lstm or {}), "char_cnn": PUBLISHED["char_cnn"] | (char_cnn or {})}
    path = folder / "options.json"
    path.write_text(json.dumps(raw))
    return path


def write_weights(folder, options_path, *, scale=0.7, seed=0):
    """Random weights in the published HDF5 layout, large enough that both clips bite."""
    options, rng = read_options(options_path), np.random.default_rng(seed)
    n, dim, cell, projection = options.n_filters, options.character_dim, options.cell, options.projection
    shapes = {"char_embed": (261, dim), "CNN_proj/W_proj": (n, projection), "CNN_proj/b_proj": (projection,)}
    for k, (width, number) in enumerate(options.filters):
        shapes |= {f"CNN/W_cnn_{k}": (1, width, dim, number), f"CNN/b_cnn_{k}": (number,)}
    for k in range(options.n_highway):
        for part in ("carry", "transform"):
            shapes |= {f"CNN_high_{k}/W_{part}": (n, n), f"CNN_high_{k}/b_{part}": (n,)}
    for direction in range(2):
        for layer in range(options.n_layers):
            base = f"RNN_{direction}/RNN/MultiRNNCell/Cell{layer}/LSTMCell"
            shapes |= {f"{base}/W_0": (2 * projection, 4 * cell), f"{base}/B": (4 * cell,)}
            shapes |= {f"{base}/W_P_0": (cell, projection)}
    path = folder / "weights.hdf5"
    with h5py.File(path, "w") as file:
        for name, shape in shapes.items():
            file[name] = rng.normal(0, scale, shape).astype(np.float32)
    return path


def allennlp_highway(bilm):
    """AllenNLP's highway layers with the weights of this biLM; its gate is the carry gate of ours, turned around."""
    from allennlp_light.modules.highway import Highway

    layers = bilm.characters.highway
    highway = Highway(bilm.options.n_filters, len(layers))
    for module, (transform, transform_bias, carry, carry_bias) in zip(highway._layers, layers, strict=True):
        module.weight.data = torch.cat([transform.T, -carry.T])
        module.bias.data = torch.cat([transform_bias, -carry_bias])
    return highway


def allennlp_cell(bilm, direction, layer):
    """AllenNLP's LSTM cell with the weights of one layer and direction."""
    from allennlp_light.modules.lstm_cell_with_projection import LstmCellWithProjection

    options, weights = bilm.options, bilm.lstm[direction][layer]
    cell = LstmCellWithProjection(
        input_size=options.projection,
        hidden_size=options.projection,
        cell_size=options.cell,
        go_forward=direction == 0,
        memory_cell_clip_value=options.cell_clip,
        state_projection_clip_value=options.projection_clip,
    )
    cell.input_linearity.weight.data = weights.input.T.clone()
    cell.state_linearity.weight.data = weights.state.T.clone()
    cell.state_linearity.bias.data = weights.bias.clone()
    cell.state_projection.weight.data = weights.projection.T.clone()
    return cell


def allennlp_layers(bilm, sentences):
    """Every layer of padded sentences, longest first, by AllenNLP's step loop."""
    lengths = [len(sentence) for sentence in sentences]
    padded = torch.nn.utils.rnn.pad_sequence(sentences, batch_first=True)
    halves = []
    with torch.no_grad():
        for direction in range(2):
            hidden, outputs = padded, []
            for layer in range(bilm.options.n_layers):
                out, _ = allennlp_cell(bilm, direction, layer)(hidden, lengths)
                hidden = out + hidden if layer and bilm.options.skip_connections else out
                outputs.append(hidden)
            halves.append(outputs)
    both = [torch.cat(pair, dim=2) for pair in zip(*halves, strict=True)]
    return [[layer[k, :length] for layer in both] for k, length in enumerate(lengths)]
