"""awk's expressions: each becomes a function of the running program's state."""

import math
from collections.abc import Callable

from .functions import FUNCTIONS
from .lexer import Token
from .places import Expression, PatternOfRecord, Place, compiled, element, variable
from .values import AwkError, State, Value, compare, number, text, truth

_COMPARISONS: dict[str, Callable[[int], bool]] = {
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}
_STARTS = frozenset({"number", "string", "pattern", "name"})
_KEYWORDS = frozenset({"in", "if", "else", "while", "for", "print", "printf"})


class ExpressionReader:
    """Reads expressions from a list of marks."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.no_in = False
        """Within `for (…`, where `in` ends an expression."""
        self.no_greater = False
        """Behind `print`, where `>` would lead to a file."""

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self, *marks: str) -> str:
        """Move behind one of these marks or words, if it stands here."""
        if self.token.kind in ("mark", "name") and self.token.text in marks:
            self.at += 1
            return self.tokens[self.at - 1].text
        return ""

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            raise AwkError(f"syntax error near {self.token.text or 'the end'!r}, wanted {mark!r}")

    def expression(self) -> Expression:
        """With assignments, which bind to the right."""
        start = self.at
        place = self._place()
        operator = self.take("=", "+=", "-=", "*=", "/=", "%=", "^=") if place else ""
        if place is None or not operator:
            self.at = start
            return self._choice()
        value = self.expression()
        reckon = _ARITHMETIC.get(operator[:-1]) if operator != "=" else None

        def assign(state: State) -> Value:
            new = value(state)
            if reckon is not None:
                new = reckon(number(place.get(state)), number(new))
            place.put(state, new)
            return new

        return assign

    def _choice(self) -> Expression:
        condition = self._either()
        if not self.take("?"):
            return condition
        yes = self.expression()
        self.expect(":")
        no = self.expression()
        return lambda state: yes(state) if truth(condition(state)) else no(state)

    def _either(self) -> Expression:
        left = self._both()
        while self.take("||"):
            left = _or(left, self._both())
        return left

    def _both(self) -> Expression:
        left = self._membership()
        while self.take("&&"):
            left = _and(left, self._membership())
        return left

    def _membership(self) -> Expression:
        left = self._match()
        while not self.no_in and self.take("in"):
            left = _in(left, self._name())
        return left

    def _match(self) -> Expression:
        left = self._comparison()
        while operator := self.take("~", "!~"):
            left = _matches(left, self._pattern_operand(), negated=operator == "!~")
        return left

    def _pattern_operand(self) -> Expression:
        if self.token.kind == "pattern":
            self.at += 1
            literal = self.tokens[self.at - 1].text
            return lambda _: literal
        return self._comparison()

    def _comparison(self) -> Expression:
        left = self._joined()
        marks = [mark for mark in _COMPARISONS if mark != ">" or not self.no_greater]
        operator = self.take(*marks)
        return _compared(left, operator, self._joined()) if operator else left

    def _joined(self) -> Expression:
        left = self._sum()
        while self._begins_value():
            left = _concatenated(left, self._sum())
        return left

    def _begins_value(self) -> bool:
        token = self.token
        if token.kind == "name":
            return token.text not in _KEYWORDS
        return token.kind in _STARTS or (token.kind == "mark" and token.text in ("$", "("))

    def _sum(self) -> Expression:
        left = self._product()
        while operator := self.take("+", "-"):
            left = _reckoned(left, operator, self._product())
        return left

    def _product(self) -> Expression:
        left = self._unary()
        while operator := self.take("*", "/", "%"):
            left = _reckoned(left, operator, self._unary())
        return left

    def _unary(self) -> Expression:
        match self.take("!", "-", "+"):
            case "!":
                inner = self._unary()
                return lambda state: float(not truth(inner(state)))
            case "-":
                inner = self._unary()
                return lambda state: -number(inner(state))
            case "+":
                inner = self._unary()
                return lambda state: number(inner(state))
        base = self._postfix()
        if self.take("^"):
            return _reckoned(base, "^", self._unary())
        return base

    def _postfix(self) -> Expression:
        start = self.at
        change = self.take("++", "--")
        place = self._place()
        if place is None:
            self.at = start
            return self._atom()
        behind = "" if change else self.take("++", "--")
        if not (change or behind):
            return place.get
        step = 1.0 if (change or behind) == "++" else -1.0

        def bump(state: State) -> Value:
            before = number(place.get(state))
            place.put(state, before + step)
            return before + step if change else before

        return bump

    def _place(self) -> Place | None:
        """A variable, an element or a field; None where none stands, or a function does."""
        token = self.token
        if token.kind == "mark" and token.text == "$":
            self.at += 1
            change = self.take("++", "--")
            inner = self._place_or_atom()
            if change:
                raise AwkError("a field is not counted up before it is read in this awk")
            return Place(
                lambda state: state.get_field(int(number(inner(state)))),
                lambda state, value: state.set_field(int(number(inner(state))), text(value)),
            )
        if token.kind != "name" or token.text in _KEYWORDS or token.adjacent:
            return None
        if token.text in FUNCTIONS:
            return None
        self.at += 1
        if self.take("["):
            keys = [self.expression()]
            while self.take(","):
                keys.append(self.expression())
            self.expect("]")
            return element(token.text, keys)
        return variable(token.text)

    def _place_or_atom(self) -> Expression:
        place = self._place()
        return place.get if place is not None else self._atom()

    def _name(self) -> str:
        if self.token.kind != "name":
            raise AwkError(f"syntax error near {self.token.text!r}, wanted a name")
        self.at += 1
        return self.tokens[self.at - 1].text

    def _atom(self) -> Expression:
        token = self.token
        self.at += 1
        match token.kind:
            case "number":
                value = float(token.text)
                return lambda _: value
            case "string":
                return lambda _: token.text
            case "pattern":
                return PatternOfRecord(token.text)
            case "name":
                return self._call(token.text)
        if token.text == "(":
            held = self.no_in, self.no_greater
            self.no_in = self.no_greater = False
            inner = self.expression()
            self.no_in, self.no_greater = held
            self.expect(")")
            return inner
        raise AwkError(f"syntax error near {token.text or 'the end'!r}")

    def _call(self, name: str) -> Expression:
        function = FUNCTIONS.get(name)
        if function is None:
            raise AwkError(f"this simulated awk has no function {name}")
        arguments: list[Expression] = []
        places: list[Place | str | None] = []
        if self.take("("):
            while not self.take(")"):
                start = self.at
                bare = self.token.text if self.token.kind == "name" else None
                place = self._place()
                self.at = start
                arguments.append(self.expression())
                places.append(place if name in ("sub", "gsub") else bare)
                if not self.take(","):
                    self.expect(")")
                    break
        return lambda state: function(state, arguments, places)


def _or(left: Expression, right: Expression) -> Expression:
    return lambda state: float(truth(left(state)) or truth(right(state)))


def _and(left: Expression, right: Expression) -> Expression:
    return lambda state: float(truth(left(state)) and truth(right(state)))


def _in(left: Expression, name: str) -> Expression:
    return lambda state: float(text(left(state)) in state.arrays.get(name, {}))


def _matches(left: Expression, pattern: Expression, *, negated: bool) -> Expression:
    def judge(state: State) -> Value:
        state.step()
        return float((compiled(text(pattern(state))).search(text(left(state))) is None) == negated)

    return judge


def _compared(left: Expression, operator: str, right: Expression) -> Expression:
    judge = _COMPARISONS[operator]
    return lambda state: float(judge(compare(left(state), right(state))))


def _concatenated(left: Expression, right: Expression) -> Expression:
    def join(state: State) -> Value:
        state.step()
        joined = text(left(state)) + text(right(state))
        if len(joined) > 1_000_000:
            raise AwkError("a text became longer than this simulated awk allows")
        return joined

    return join


def _divide(a: float, b: float) -> float:
    if b == 0:
        raise AwkError("division by zero")
    return a / b


def _remainder(a: float, b: float) -> float:
    if b == 0:
        raise AwkError("division by zero in %")
    return math.fmod(a, b)


def _power(a: float, b: float) -> float:
    try:
        return float(a**b)
    except (OverflowError, ZeroDivisionError):
        return math.inf


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "%": _remainder,
    "^": _power,
}


def _reckoned(left: Expression, operator: str, right: Expression) -> Expression:
    reckon = _ARITHMETIC[operator]

    def work(state: State) -> Value:
        state.step()
        return reckon(number(left(state)), number(right(state)))

    return work
