"""awk's programs: patterns with actions, read once and run over records."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .expressions import ExpressionReader
from .lexer import read_tokens
from .places import Expression
from .values import AwkError, Done, Input, Jump, Next, State, formatted, number, text, truth

Action = Callable[[State], None]


@dataclass(slots=True)
class Rule:
    """An action, and the records it is for: all, those of a pattern, or those of a range."""

    action: Action
    pattern: Expression | None = None
    end: Expression | None = None
    inside: bool = False

    def applies(self, state: State) -> bool:
        if self.pattern is None:
            return True
        if self.end is None:
            return truth(self.pattern(state))
        if not self.inside and not truth(self.pattern(state)):
            return False
        self.inside = not truth(self.end(state))
        return True


@dataclass(slots=True)
class Program:
    """What is done before, with and after the records."""

    begins: list[Action] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    ends: list[Action] = field(default_factory=list)

    @property
    def reads(self) -> bool:
        """Whether it looks at its input at all."""
        return bool(self.rules or self.ends)

    def run(self, state: State) -> None:
        """One record. Raises Done."""
        try:
            for rule in self.rules:
                if rule.applies(state):
                    rule.action(state)
        except Next:
            return


def read_program(source: str) -> Program:
    """Raises AwkError."""
    return _Reader(read_tokens(source)).program()


class _Reader(ExpressionReader):
    def program(self) -> Program:
        program = Program()
        while True:
            while self.take("\n", ";"):
                pass
            if self.token.kind == "end":
                return program
            if self.take("BEGIN"):
                program.begins.append(self._block())
            elif self.take("END"):
                program.ends.append(self._block())
            else:
                program.rules.append(self._rule())

    def _rule(self) -> Rule:
        if self.token.text == "{" and self.token.kind == "mark":
            return Rule(self._block())
        if self.token.text == "function":
            raise AwkError("functions of one's own are not part of this simulated awk")
        pattern = self.expression()
        end = self.expression() if self.take(",") else None
        braces = self.token.kind == "mark" and self.token.text == "{"
        return Rule(self._block() if braces else _print_record, pattern, end)

    def _block(self) -> Action:
        self._skip_lines()
        self.expect("{")
        actions: list[Action] = []
        while True:
            while self.take("\n", ";"):
                pass
            if self.take("}"):
                break
            if self.token.kind == "end":
                raise AwkError("syntax error: missing }")
            actions.append(self._statement())

        def run(state: State) -> None:
            for action in actions:
                state.step()
                action(state)

        return run

    def _skip_lines(self) -> None:
        while self.take("\n"):
            pass

    def _statement(self) -> Action:
        self._skip_lines()
        token = self.token
        if token.kind == "mark" and token.text == "{":
            return self._block()
        if token.kind == "name":
            match self.take(
                "if", "while", "for", "print", "printf", "next", "exit", "break", "continue",
                "delete", "getline",
            ):  # fmt: skip
                case "if":
                    return self._if()
                case "while":
                    return self._while()
                case "for":
                    return self._for()
                case "print" | "printf" as verb:
                    return self._print(verb)
                case "next":
                    return _raise(Next)
                case "exit":
                    return self._exit()
                case "break" | "continue" as verb:
                    return _raise(lambda: Jump(verb))
                case "delete":
                    return self._delete()
                case "getline":
                    raise AwkError("getline is not part of this simulated awk")
        value = self.expression()

        def evaluate(state: State) -> None:
            value(state)

        return evaluate

    def _simple(self) -> Action:
        """A statement, and the `;` behind it."""
        action = self._statement()
        self.take(";")
        return action

    def _if(self) -> Action:
        self.expect("(")
        condition = self.expression()
        self.expect(")")
        yes = self._simple()
        held = self.at
        while self.take("\n", ";"):
            pass
        no: Action | None = self._simple() if self.take("else") else None
        if no is None:
            self.at = held

        def choose(state: State) -> None:
            if truth(condition(state)):
                yes(state)
            elif no is not None:
                no(state)

        return choose

    def _while(self) -> Action:
        self.expect("(")
        condition = self.expression()
        self.expect(")")
        return _loop(None, condition, None, self._simple())

    def _for(self) -> Action:
        self.expect("(")
        self.no_in = True
        start = None if self.token.text == ";" else self.expression()
        self.no_in = False
        if start is not None and self.take("in"):
            name = self._name()
            self.expect(")")
            key = self.tokens[self.at - 4].text
            return _each(key, name, self._simple())
        self.expect(";")
        condition = None if self.token.text == ";" else self.expression()
        self.expect(";")
        step = None if self.token.text == ")" else self.expression()
        self.expect(")")
        return _loop(start, condition, step, self._simple())

    def _print(self, verb: str) -> Action:
        values: list[Expression] = []
        bracketed = self._takes_brackets()
        self.no_greater = not bracketed
        while self.token.kind != "end" and self.token.text not in ("\n", ";", "}", ">", "|"):
            values.append(self.expression())
            if not self.take(","):
                break
        if bracketed:
            self.expect(")")
        self.no_greater = False
        if self.token.kind == "mark" and self.token.text in (">", "|"):
            raise AwkError("this simulated awk prints to its output alone")
        if verb == "printf" and not values:
            raise AwkError("printf wants a format")
        return _printf(values) if verb == "printf" else _print_values(values)

    def _takes_brackets(self) -> bool:
        """`print(a, b)`: the brackets are print's where a list of values is in them."""
        if self.token.text != "(" or self.token.kind != "mark":
            return False
        depth, at = 0, self.at
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.kind == "mark":
                depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth == 0:
                break
            at += 1
        behind = self.tokens[at + 1] if at + 1 < len(self.tokens) else self.tokens[-1]
        if behind.kind == "end" or behind.text in ("\n", ";", "}"):
            self.at += 1
            return True
        return False

    def _exit(self) -> Action:
        plain = self.token.kind == "end" or self.token.text in ("\n", ";", "}")
        status = None if plain else self.expression()

        def leave(state: State) -> None:
            raise Done(int(number(status(state))) if status is not None else 0)

        return leave

    def _delete(self) -> Action:
        name = self._name()
        if not self.take("["):
            return lambda state: state.arrays.setdefault(name, {}).clear()
        key = self.expression()
        self.expect("]")

        def remove(state: State) -> None:
            state.arrays.get(name, {}).pop(text(key(state)), None)

        return remove


def _raise(make: Callable[[], Exception]) -> Action:
    def run(state: State) -> None:
        raise make()

    return run


def _loop(
    start: Expression | None,
    condition: Expression | None,
    step: Expression | None,
    body: Action,
) -> Action:
    def run(state: State) -> None:
        if start is not None:
            start(state)
        while condition is None or truth(condition(state)):
            state.step()
            try:
                body(state)
            except Jump as jump:
                if jump.verb == "break":
                    return
            if step is not None:
                step(state)

    return run


def _each(key: str, name: str, body: Action) -> Action:
    def run(state: State) -> None:
        for one in list(state.arrays.get(name, {})):
            state.variables[key] = Input(one)
            try:
                body(state)
            except Jump as jump:
                if jump.verb == "break":
                    return

    return run


def _print_record(state: State) -> None:
    state.written.append(state.record + text(state.variables.get("ORS", "\n")))


def _print_values(values: list[Expression]) -> Action:
    if not values:
        return _print_record

    def show(state: State) -> None:
        between = text(state.variables.get("OFS", " "))
        shown = between.join(text(value(state)) for value in values)
        state.written.append(shown + text(state.variables.get("ORS", "\n")))

    return show


def _printf(values: list[Expression]) -> Action:
    def show(state: State) -> None:
        shape = text(values[0](state))
        state.written.append(formatted(shape, [value(state) for value in values[1:]]))

    return show
