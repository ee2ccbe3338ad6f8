"""What goes wrong in files: strings, numbers and bytes that readers meet sooner or later."""

from __future__ import annotations

STRINGS = (
    "",
    " ",
    "\u00a0",  # no-break space
    "\u200b",  # zero-width space
    "\u200b\u200d\ufeff",
    "\u2028",  # line separator, which str.splitlines breaks at
    "\x0b",
    "\x85",
    "\r",
    "\x00",
    "\x1b[2J",  # clears a terminal
    "\u202eright-to-left override",
    "שלום",
    "مرحبا بالعالم",
    "e\u0301\u0327\u0323",  # combining marks
    "\u0301",  # one without a letter
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324",
    "👩\u200d👩\u200d👧\u200d👦",  # an emoji joined with zero-width joiners
    "🏳\ufe0f\u200d🌈",
    "🇩🇪",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "İ",  # two characters in lower case
    "ß",
    "字",
    "ก็",
    "\U0010ffff",
    "\ufffd",
    "-",
    "_",
    "O",
    "B-",
    "#",
    "'",
    '"',
    "\\",
    "%s{0}${oc.env:HOME}",
    "../../etc/passwd",
    "/etc/passwd",
    "-DOCSTART-",
    "<b>",
    "None",
    "true",
)
"""Words and fields."""

LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 210
"""Of 10,080 characters."""

NUMBERS = (
    "0",
    "-0",
    "-1",
    "1",
    "2",
    "3",
    "7",
    "255",
    "65536",
    "100001",
    "2147483647",
    "2147483648",
    "4294967296",
    "-9223372036854775808",
    "18446744073709551616",
    "9" * 40,
    "9" * 5000,  # more digits than Python turns into an integer
    "1e3",
    "1e400",
    "-1e400",
    "1e-400",
    "NaN",
    "nan",
    "Infinity",
    "-inf",
    "1_0",
    "+1",
    " 1",
    "٣",  # an Arabic-Indic three
    "１",  # full width
    "²",
    "½",
    "0x10",
    "1.5",
    ".5",
    "5.",
    "1,5",
    "",
    "--1",
)
"""In the place of a number."""

NOT_UTF8 = (b"\xff", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xc0\x80", b"\xf8\x88\x80\x80\x80", b"\xfe\xff", b"\xe9")
"""Bytes that UTF-8 does not know: cut, overlong, a surrogate, Latin-1."""

JSON_VALUES: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    10**40,
    1.5,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    float("-inf"),
    "",
    "1",
    "\ud800",  # half a surrogate pair, which JSON can say and UTF-8 cannot
    "\x00",
    [],
    {},
    [[]],
    [None],
    {"": None},
)
"""In the place of any JSON value."""
