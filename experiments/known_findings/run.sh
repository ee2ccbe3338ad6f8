#!/usr/bin/env bash
# The cells behind findings.py, from English-EWT; finished cells are skipped. LIMIT=N keeps N sentences of every split.
#   bash experiments/known_findings/run.sh [RESULTS]
set -euo pipefail
results=${1:-results/known_findings}
limit=${LIMIT:-null}
run() { embedbench run -m "limit=$limit" "results=$results" "$@"; }

layers='mixes=[scalar,single,cumulative]'
run extractor=minilm task=upos,deprel "$layers"                                             # 1, 2, 3
run extractor=small_word2vec task=upos,bigram_shift,word_content                            # 1, 6, 8, 9
run extractor=one_hot task=word_content                                                     # 9
run extractor=minilm task=bigram_shift,word_content,arc                                     # 8, 9, 11
run extractor=small_bilm task=upos,arc,deprel                                               # 4, 5
run extractor=small_bilm extractor.weights=random_upper extractor.name=small_bilm_random_upper task=deprel  # 5
run extractor=small_bilm extractor.weights=random extractor.name=small_bilm_random task=upos,deprel         # 5
run extractor=small_word2vec task=upos probe=mlp                                            # 6
run extractor=minilm task=upos codelength=true 'mixes=[single]'                             # 7
run extractor=minilm task=tree_distance probe=structural                                    # 11
for pooling in first last mean; do                                                          # 12
    run extractor=minilm "extractor.pooling=$pooling" "extractor.name=minilm_$pooling" \
        task=feats_verbform,feats_tense 'mixes=[single]'
done
similarities=word_similarity_simlex,word_similarity_ws353,word_similarity_men,word_similarity_simverb
masc=('extractor.corpus=${paths.data}/corpus/masc_tagged.txt.xz' 'extractor.comment="# doc"' extractor.tag_separator=_)
run extractor=averaged +extractor@extractor.inner=minilm "${masc[@]}" extractor.at_least=20 task=$similarities 'mixes=[single]' limit=null
run extractor=minilm task=$similarities 'mixes=[single]' limit=null                        # 12: words alone

# Further experiments, for what did not pass.
for pooling in first last mean; do                                                          # 12: more targets
    run extractor=minilm "extractor.pooling=$pooling" "extractor.name=minilm_$pooling" task=feats 'mixes=[single]' \
        control=false 'seeds=[0,1]'
done
alone=$(mktemp -d)/words.txt                                                                # 9, 11: without positions
python "$(dirname "$0")/words_alone.py" "$alone"
static=(extractor=averaged +extractor@extractor.inner=minilm 'extractor.inner.layers=[0]' extractor.name=minilm_alone "extractor.corpus=$alone"
    extractor.contexts=1 extractor.case=exact 'mixes=[single]')
run "${static[@]}" task=tree_distance probe=structural
run "${static[@]}" task=word_content control=false
run extractor=word2vec_googlenews task=word_content 'mixes=[single]' control=false           # 9: published vectors
for size in 128 384 1024; do                                                                # 9: dimensions
    run extractor=random "extractor.size=$size" "extractor.name=random_$size" task=word_content 'mixes=[single]' control=false
done
text=$(mktemp -d)                                                                           # 9: more text
python "$(dirname "$0")/more_text.py" "$text"
run extractor=small_word2vec,one_hot,minilm task=word_content 'mixes=[single]' control=false 'seeds=[0,1,2]' \
    "task.files={train: $text/train.txt, dev: $text/dev.txt, test: $text/test.txt}" "results=${results}_books"
python "$(dirname "$0")/findings.py" "$results"
