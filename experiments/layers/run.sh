#!/usr/bin/env bash
# Ten tasks, layer by layer, for MiniLM and the shipped biLM; finished cells are skipped. LIMIT=null takes all sentences.
#   bash experiments/layers/run.sh [RESULTS]
set -euo pipefail
results=${1:-results/layers}
embedbench run -m extractor=minilm,small_bilm "results=$results" "limit=${LIMIT:-1500}" 'seeds=[0,1]' \
    'mixes=[scalar,single,cumulative]' control=false resamples=1999 \
    task=upos,feats_tense,deprel,arc,head_distance,chunking,ner_wikiann,supersense,bigram_shift,sentiment
embedbench layers "$results"
