"""A parser of JSON and of Python's own way to print data: lists, dicts, numbers and texts. It runs nothing.

It reads what `json` and `ast.literal_eval` read of these, and what they do not: nan and inf, `np.float32(0.5)`,
`tensor(0.5, device='cuda:0')`, `array([1., 2.])`, `OrderedDict(...)`, several values one after another with other text
between, and a document that is cut at its end.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["MAX_DEPTH", "Cut", "Level", "Unreadable", "documents", "parse"]

MAX_DEPTH = 60
MAX_TOKENS = 4_000_000
MAX_FAILURES = 20_000
TOKEN = re.compile(
    r"""
    \s*(?:
      (?P<number>[-+]?(?:\d[\d_]*+\.?\d*+|\.\d++)(?:[eE][-+]?\d++)?(?![\w.]))
    | (?P<text>[bBuUrR]{0,2}(?:"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'))
    | (?P<call>[A-Za-z_][\w.]*)\s*\(
    | (?P<word>[-+]?[A-Za-z_][\w.]*)
    | (?P<class><[^<>\n]{0,200}>)
    | (?P<mark>[\[\]{}(),:=])
    )""",
    re.X | re.S,
)
END = re.compile(r"[ \n\r\t\"'.]*+\Z")
START = re.compile(r"\{|\n[ \t]*+\[|=[ \t]*+\[|:[ \t]*+\[")  # alternatives of one sign each are searched fast
WORDS: dict[str, Any] = {
    **dict.fromkeys(("None", "null", "undefined", "NaT"), None),
    **dict.fromkeys(("True", "true"), True),
    **dict.fromkeys(("False", "false"), False),
    **dict.fromkeys(("nan", "NaN", "-nan"), math.nan),
    **dict.fromkeys(("inf", "Infinity", "+inf", "np.inf"), math.inf),
    **dict.fromkeys(("-inf", "-Infinity"), -math.inf),
}
CLOSES = {"[": "]", "{": "}", "(": ")"}
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}


class Unreadable(ValueError):
    """A text that is no data."""


class Cut(Unreadable):
    """A text that ends within its data; what there was of it is kept."""

    def __init__(self, value: Any) -> None:
        super().__init__("the text ends before the data does")
        self.value = value


def _text(token: str) -> str:
    """Return what a quoted text says."""
    body = token.lstrip("bBuUrR")[1:-1]
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m[1], m[1]), body, flags=re.S) if "\\" in body else body


def _number(token: str) -> float | int:
    if len(token) > 400:
        return math.inf
    try:
        return int(token)
    except ValueError:
        return float(token)


class Level:
    """A list, dict or call that is open."""

    def __init__(self, mark: str, call: str = "") -> None:
        self.mark, self.call = mark, call
        self.items: list[Any] = []
        self.keys: list[Any] = []
        self.key: Any = None
        self.keyed = False  # a key was read, and its value comes next
        self.named = False  # an argument with a name comes next, which is passed over
        self.value: Any = None
        self.full = False

    def put(self, value: Any) -> None:
        """Take a value that has ended."""
        if self.full:
            self.comma()  # NumPy prints no commas between the numbers of an array
        self.value, self.full = value, True

    def comma(self) -> None:
        """End the element before a comma."""
        if self.full and not self.named:
            if self.keyed:
                self.keys.append(self.key)
                self.items.append(self.value)
            elif self.mark != "{":
                self.items.append(self.value)
        self.full = self.keyed = self.named = False

    def colon(self, mark: str) -> None:
        """Make the value before a colon the key of the next one."""
        if not self.full or self.keyed:
            raise Unreadable("a colon without a key")
        if mark == ":" and self.mark == "{":
            self.key, self.keyed = self.value, True
        elif mark == "=" and self.call:
            self.named = True
        else:
            raise Unreadable("a colon outside braces")
        self.full = False

    def close(self) -> Any:
        """Return the whole that a closing bracket ends."""
        self.comma()
        if self.mark == "{":
            return {k if isinstance(k, str) else str(k): v for k, v in zip(self.keys, self.items, strict=True)}
        if self.call:
            inner = [item for item in self.items if item is not ...]
            if self.call.endswith("OrderedDict") and inner and isinstance(inner[0], list):
                pairs = [pair for pair in inner[0] if isinstance(pair, list) and len(pair) == 2]
                return {str(k): v for k, v in pairs}
            dicts = [item for item in inner if isinstance(item, (dict, list))]
            return dicts[0] if dicts else inner[0] if inner else None
        if self.mark == "(" and len(self.items) == 1:
            return self.items[0]
        return self.items


def parse(text: str, at: int = 0, budget: list[int] | None = None) -> tuple[Any, int]:
    """Return the list or dict that begins at a place of a text, and where it ends.

    Raises
    ------
    ValueError
        If there is none; `Cut` if the text ends before it does.

    Examples
    --------
    >>> parse("{'loss': [np.float32(0.5), nan], 'x': tensor(0.25, device='cuda:0')} and more")
    ({'loss': [0.5, nan], 'x': 0.25}, 68)
    """
    budget = budget if budget is not None else [MAX_TOKENS]
    stack: list[Level] = []
    match = TOKEN.match
    while True:
        lexeme = match(text, at)
        if lexeme is None:
            if stack and END.match(text, at):
                raise Cut(_rescue(stack))
            if stack and re.fullmatch(r"\s*[\"'][^\"'\n]*|\s*[-+.\d]*", text[at : at + 500]) and len(text) - at < 500:
                raise Cut(_rescue(stack))
            raise Unreadable("what is no data")
        budget[0] -= 1
        if budget[0] < 0:
            raise Unreadable("more than is read")
        at = lexeme.end()
        kind, token = lexeme.lastgroup, lexeme[lexeme.lastgroup or 0]
        if kind == "mark" or kind == "call":
            if kind == "call" or token in CLOSES:
                if len(stack) >= MAX_DEPTH:
                    raise Unreadable("nested too deep")
                stack.append(Level("(", token) if kind == "call" else Level(token))
                continue
            if not stack:
                raise Unreadable("what is no data")
            if token == ",":
                stack[-1].comma()
                continue
            if token in ":=":
                stack[-1].colon(token)
                continue
            if CLOSES[stack[-1].mark] != token:
                raise Unreadable("brackets that do not fit")
            value = stack.pop().close()
            if not stack:
                return value, at
        elif kind == "number":
            value = _number(token.replace("_", ""))
        elif kind == "text":
            value = _text(token)
        elif kind == "word":
            value = WORDS.get(token, token)
        else:
            value = ...
        if not stack:
            raise Unreadable("what is no data")
        stack[-1].put(value)


def _rescue(stack: list[Level]) -> Any:
    """Return what was read of data that is cut, without the value that the cut goes through."""
    stack[-1].full = False
    value = stack.pop().close()
    while stack:
        level = stack.pop()
        level.full = False
        level.put(value)
        value = level.close()
    return value


def documents(text: str) -> Iterator[tuple[int, Any, bool]]:
    r"""Yield every list and dict in a text with the place where it begins, and whether it is cut.

    A list begins a line or follows a sign or a name, so that "[00:10<00:05]" of a progress bar is none.

    Examples
    --------
    >>> list(documents("INFO {'loss': 1} 50%|##| [00:01<00:00]\nhistory = [1, 2"))
    [(5, {'loss': 1}, False), (49, [1], True)]
    """
    budget, failures, failed, at = [MAX_TOKENS], 0, 0, 0
    decoder = json.JSONDecoder()
    text = f"\n{text}"  # so that every line has its break before it
    while (begin := START.search(text, at)) is not None:
        place = begin.end() - 1
        # What is no JSON costs a look at the whole text for its line, so that it is not tried again and again.
        if failed < 20 and text[place + 1 : place + 40].lstrip()[:1] != "'":
            try:
                value, at = decoder.raw_decode(text, place)
                yield place - 1, value, False
                continue
            except (ValueError, RecursionError):
                failed += 1
        try:
            value, at = parse(text, place, budget)
            yield place - 1, value, False
        except Cut as cut:
            yield place - 1, cut.value, True
            return
        except Unreadable as wrong:
            failures += 1
            if failures > MAX_FAILURES or budget[0] < 0 or str(wrong) == "nested too deep":
                return
            at = place + 1
