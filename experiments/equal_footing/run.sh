#!/usr/bin/env bash
# The study: five families trained on the same words, two more seeds of the cheap ones, random vectors as the floor.
# Pretrained seeds are looked for in models/ (see pretrain.sh); finished cells are skipped.
set -euo pipefail
results=${1:-results/equal_footing}
tasks=upos,deprel,arc,feats,tree_depth,bigram_shift,sentiment
pairs=word_similarity_ws353,word_similarity_men,word_similarity_simverb
five=small_word2vec,small_fasttext,small_bilm,small_mlm,small_clm

compare() {
    embedbench run -m "$@" "task=$tasks" "results=$results"
    # Word similarity trains nothing, so it has the plain mean where the others have a learned mix.
    embedbench run -m "$@" "task=$pairs" 'mixes=[mean,single]' "results=$results"
}

compare "extractor=$five"
for seed in 1 2; do
    compare extractor=word2vec "extractor.path=models/word2vec_seed$seed/vectors.bin.gz" "extractor.name=small_word2vec_seed$seed"
    compare extractor=fasttext "extractor.path=models/fasttext_seed$seed/model.bin.gz" "extractor.name=small_fasttext_seed$seed"
done
compare extractor=random extractor.size=128
embedbench table "$results"
