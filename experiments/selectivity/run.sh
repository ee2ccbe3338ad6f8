#!/usr/bin/env bash
# Accuracy and selectivity against the size of the probe; finished cells are skipped. LIMIT=null takes all sentences.
#   bash experiments/selectivity/run.sh [RESULTS]
set -euo pipefail
results=${1:-results/selectivity}
for extractor in minilm small_word2vec; do
    embedbench capacity "extractor=$extractor" task=upos "results=$results" "limit=${LIMIT:-2000}" 'seeds=[0,1]' \
        resamples=1999 --mix mean --ranks 2,8,32 --hidden 8,32,128,512
done
