"""`$((…))`: whole numbers, as bash reckons."""

import re
from collections.abc import Mapping

from .grammar import Malformed

_TOKEN = re.compile(
    r"\s*(0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|\*\*|<<|>>|[<>=!]=|&&|\|\||[-+*/%()<>!~&|^?:])"
)
_BINARY: tuple[tuple[str, ...], ...] = (
    ("||",),
    ("&&",),
    ("|",),
    ("^",),
    ("&",),
    ("==", "!="),
    ("<=", ">=", "<", ">"),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "%"),
)
_WIDEST = 1 << 63


def evaluate(text: str, variables: Mapping[str, str]) -> int:
    """The value of an expression; names stand for variables, unknown ones for 0."""
    tokens: list[str] = []
    at = 0
    stripped = text.replace("$", "").rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise Malformed(f"{text}: syntax error: operand expected")
        tokens.append(match.group(1))
        at = match.end()
    if not tokens:
        return 0
    reader = _Reader(text, tokens, variables)
    value = reader.choice()
    if reader.rest:
        raise Malformed(f'{text}: syntax error in expression (error token is "{reader.rest[0]}")')
    return value


class _Reader:
    def __init__(self, text: str, tokens: list[str], variables: Mapping[str, str]) -> None:
        self._text = text
        self.rest = tokens
        self._variables = variables

    def choice(self) -> int:
        condition = self._level(0)
        if not self._take("?"):
            return condition
        yes = self.choice()
        if not self._take(":"):
            raise Malformed(f"{self._text}: `:' expected for conditional expression")
        no = self.choice()
        return yes if condition else no

    def _take(self, *tokens: str) -> str:
        return self.rest.pop(0) if self.rest and self.rest[0] in tokens else ""

    def _level(self, level: int) -> int:
        if level == len(_BINARY):
            return self._unary()
        value = self._level(level + 1)
        while operator := self._take(*_BINARY[level]):
            value = _wrapped(self._apply(operator, value, self._level(level + 1)))
        return value

    def _unary(self) -> int:
        match self._take("-", "+", "!", "~"):
            case "-":
                return -self._unary()
            case "+":
                return self._unary()
            case "!":
                return int(not self._unary())
            case "~":
                return ~self._unary()
        value = self._atom()
        if self._take("**"):
            power = self._unary()
            if not 0 <= power < 64:
                raise Malformed(f"{self._text}: exponent less than 0")
            return _wrapped(value**power)
        return value

    def _atom(self) -> int:
        if self._take("("):
            value = self.choice()
            if not self._take(")"):
                raise Malformed(f"{self._text}: missing `)'")
            return value
        if not self.rest or not re.match(r"\w", self.rest[0]):
            raise Malformed(f"{self._text}: syntax error: operand expected")
        token = self.rest.pop(0)
        if token[0].isdigit():
            return int(token, 0 if token[:2].lower() == "0x" else 8 if token[0] == "0" else 10)
        held = self._variables.get(token, "")
        return int(held) if re.fullmatch(r"-?\d{1,18}", held) else 0

    def _apply(self, operator: str, left: int, right: int) -> int:
        if operator in ("/", "%"):
            if right == 0:
                raise Malformed(f'{self._text}: division by 0 (error token is "0")')
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return quotient if operator == "/" else left - quotient * right
        if operator in ("<<", ">>"):
            return left << (right % 64) if operator == "<<" else left >> (right % 64)
        results = {
            "||": lambda: int(bool(left or right)),
            "&&": lambda: int(bool(left and right)),
            "|": lambda: left | right,
            "^": lambda: left ^ right,
            "&": lambda: left & right,
            "==": lambda: int(left == right),
            "!=": lambda: int(left != right),
            "<=": lambda: int(left <= right),
            ">=": lambda: int(left >= right),
            "<": lambda: int(left < right),
            ">": lambda: int(left > right),
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right,
        }
        return results[operator]()


def _wrapped(value: int) -> int:
    """As a number of 64 bits wraps round."""
    return (value + _WIDEST) % (1 << 64) - _WIDEST
