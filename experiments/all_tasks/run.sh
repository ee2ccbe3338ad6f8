#!/usr/bin/env bash
# Every task, with a contextual and a static extractor; finished cells are skipped. LIMIT=null takes the whole of every split.
#   bash experiments/all_tasks/run.sh [RESULTS] [EXTRACTORS]
set -euo pipefail
results=${1:-results/all_tasks}
extractors=${2:-small_word2vec,minilm}
limit=${LIMIT:-1500}
run() {
    embedbench run -m "extractor=$extractors" "results=$results" "limit=$limit" 'seeds=[0,1]' \
        'mixes=[scalar,single]' control=false resamples=1999 "$@"
}

# Nothing is trained: suites of words and of sentences, always whole.
whole() { run limit=null 'mixes=[mean,single]' "$@"; }
whole task=analogies_semantic,analogies_syntactic,analogies_bats
whole task=categorisation,categorisation_bless,categorisation_esslli,outlier
whole task=word_similarity_ws353,word_similarity_men,word_similarity_simverb,word_similarity_rare_words
whole task=word_similarity_mc30,word_similarity_rg65,word_similarity_mturk287,word_similarity_mturk771
whole task=word_similarity_ws353_rel,word_similarity_ws353_sim,word_similarity_verb143,word_similarity_yp130
whole task=context_similarity,sentence_similarity,sentence_similarity_sick
# A label per word, span, pair of spans or sentence.
run task=upos,xpos,feats,feats_tense,feats_verbform,head_distance,deprel,arc
run task=sentence_length,tree_depth,past_present,subj_number,obj_number,word_content
run task=bigram_shift,odd_man_out,coordination_inversion,blimp
run task=sentiment,sentiment_fine,pairs,wic
run task=chunking,ner_wikiann,supersense,adposition_role,adposition_function
run task=dpr,relations,gap,spr2,edge_probing
# Grades, spans of answers, trees.
run probe=graded task=sick_relatedness,stsb
run probe=pointer task=xquad
run probe=structural task=tree_distance,word_depth
run probe=biaffine task=head_selection
# Without training, and tag by tag with their transitions.
run probe=nearest_centroid task=word_sense 'mixes=[mean,single]'
run probe=crf task=chunking
