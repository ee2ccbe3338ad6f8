"""The nouns that every layer shares: corpus, layered words, extractor, task. Import them from here."""

from embedbench.types.label_columns import CONTROL as CONTROL
from embedbench.types.label_columns import TASK as TASK
from embedbench.types.label_columns import control_of as control_of
from embedbench.types.label_columns import learned_for as learned_for
from embedbench.types.label_columns import question_of as question_of
from embedbench.types.tasks import FEMININE as FEMININE
from embedbench.types.tasks import MASCULINE as MASCULINE
from embedbench.types.tasks import POSITIVE_LABEL as POSITIVE_LABEL
from embedbench.types.tasks import SUITES as SUITES
from embedbench.types.tasks import TREES as TREES
from embedbench.types.tasks import ClusterUnit as ClusterUnit
from embedbench.types.tasks import ControlKind as ControlKind
from embedbench.types.tasks import Split as Split
from embedbench.types.tasks import Task as Task
from embedbench.types.tasks import TaskKind as TaskKind
from embedbench.types.tasks import TaskMeta as TaskMeta
from embedbench.types.tasks import TaskSplit as TaskSplit
from embedbench.types.words import Alignment as Alignment
from embedbench.types.words import ArrayVectors as ArrayVectors
from embedbench.types.words import Corpus as Corpus
from embedbench.types.words import Extractor as Extractor
from embedbench.types.words import FittedOnTrain as FittedOnTrain
from embedbench.types.words import LayeredWords as LayeredWords
from embedbench.types.words import Rounded as Rounded
from embedbench.types.words import Sentence as Sentence
from embedbench.types.words import WordVectors as WordVectors
