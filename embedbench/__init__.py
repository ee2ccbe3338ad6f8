"""embedbench: compare static, ELMo-style and BERT-style embeddings by probing, with learned layer mixes."""

from embedbench.errors import EmbedbenchError
from embedbench.types import Alignment, Corpus, Extractor, LayeredWords, Sentence, Split, Task, TaskSplit

__version__ = "0.1.0"

__all__ = [
    "Alignment",
    "Corpus",
    "EmbedbenchError",
    "Extractor",
    "LayeredWords",
    "Sentence",
    "Split",
    "Task",
    "TaskSplit",
    "__version__",
]
