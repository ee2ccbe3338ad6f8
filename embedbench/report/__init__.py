"""One page about many records: figures, words and pictures that open in any browser, offline."""
