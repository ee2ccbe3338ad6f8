#!/usr/bin/env bash
# Trains the five models that the package carries, and two more seeds of the two cheap families, into models/.
# About two hours of one core; each line goes on where it was killed, and trains nothing twice.
set -euo pipefail
train() {
    local folder=$1; shift
    embedbench pretrain "$@" dim=128 corpus=books_and_masc budget=shipped model.half=true "folder=models/$folder"
}
for seed in 0 1 2; do
    suffix=$([ "$seed" = 0 ] || echo "_seed$seed")
    train "word2vec$suffix" model=word2vec model.vocabulary=8000 "seed=$seed"
    train "fasttext$suffix" model=fasttext model.vocabulary=6000 model.buckets=6000 "seed=$seed"
done
train bilm model=bilm model.cell=512 model.words_per_batch=512 model.learning_rate=4e-3
train mlm model=mlm model.network=modernbert model.dropout=0 model.vocabulary=6000 model.pieces_per_batch=256 model.learning_rate=1.5e-3 model.masked=0.4
train clm model=clm model.network=llama model.dropout=0 model.vocabulary=6000 model.pieces_per_batch=256 model.learning_rate=2e-3
