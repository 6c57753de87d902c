r"""Parse definitions such as ``s = w*x + b; f = sigmoid(s)``.

Grammar::

    program    = definition (";" definition)*     the last one may be an expression alone
    definition = name "=" sum | name "(" name ("," name)* ")" "=" sum
    sum        = product (("+" | "-") product)*
    product    = signed (("*" | "/") signed)*
    signed     = ("-" | "+") signed | power
    power      = atom ("^" signed)?
    atom       = number | name | name "(" sum ("," sum)* ")" | "(" sum ")"
"""

from dataclasses import dataclass

from nncli.base.errors import ExpressionError
from nncli.explain.derivation.tokens import Token, found_at, problem_at, tokens

_DEEPEST = 50
_MOST_OPERATIONS = 100

_START = "a number, a name or '('"


@dataclass(frozen=True)
class Number:
    """A number."""

    value: float
    at: int


@dataclass(frozen=True)
class Name:
    """A variable, a constant or a definition."""

    text: str
    at: int


@dataclass(frozen=True)
class Call:
    """A function, or a sign such as ``+``, with its arguments; ``neg`` is the minus before one."""

    function: str
    arguments: "tuple[Expression, ...]"
    at: int


Expression = Number | Name | Call


@dataclass(frozen=True)
class Definition:
    """A definition; of an expression alone, the name is empty.

    Attributes
    ----------
    parameters : tuple of str, or None
        Those of a function.
    """

    name: str
    parameters: tuple[str, ...] | None
    body: Expression
    at: int


def parse(text: str) -> list[Definition]:
    """Return the definitions of a text.

    Raises
    ------
    ExpressionError
        If it is not in the grammar, or exceeds a bound.
    """
    return _Parser(text).program()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(tokens(text))
        self.next = self.depth = self.operations = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.next]

    def program(self) -> list[Definition]:
        found: list[Definition] = []
        while True:
            while self.skip(";"):
                pass
            if self.token.kind == "end":
                break
            if found and not found[-1].name:
                raise self.problem("only the last part may lack a name; write 'q = ...'",
                                   found[-1].at)  # fmt: skip
            found.append(self.definition())
            if self.token.kind != "end" and self.token.text != ";":
                raise self.unexpected("an operator, ';' or the end")
        if not found:
            raise ExpressionError("derive: the expression is empty; give one, such as 'f = 2*x'")
        return found

    def definition(self) -> Definition:
        start = self.next
        first = self.token
        if first.kind == "name":
            self.next += 1
            parameters = self.parameters()
            if self.skip("="):
                return Definition(first.text, parameters, self.sum(), first.at)
            self.next = start
        return Definition("", None, self.sum(), first.at)

    def parameters(self) -> tuple[str, ...] | None:
        """Read ``(u, v)`` if only names are within the parentheses, else nothing."""
        start, names = self.next, list[Token]()
        if self.skip("("):
            while self.token.kind == "name":
                names.append(self.token)
                self.next += 1
                if self.skip(")") and self.token.text == "=":
                    texts = [each.text for each in names]
                    if twice := [each for each in names if texts.count(each.text) > 1]:
                        raise self.problem(f"the parameter '{twice[1].text}' occurs twice",
                                           twice[1].at)  # fmt: skip
                    return tuple(texts)
                if not self.skip(","):
                    break
        self.next = start
        return None

    def sum(self) -> Expression:
        left = self.product()
        while sign := self.skip("+", "-"):
            left = self.call(sign, left, self.product())
        return left

    def product(self) -> Expression:
        left = self.signed()
        while sign := self.skip("*", "/"):
            left = self.call(sign, left, self.signed())
        return left

    def signed(self) -> Expression:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.problem(f"nested too deeply; at most {_DEEPEST} levels are allowed")
        inner: Expression
        if sign := self.skip("-"):
            inner = self.call(Token("sign", "neg", sign.at), self.signed())
        elif self.skip("+"):
            inner = self.signed()
        else:
            inner = self.power()
        self.depth -= 1
        return inner

    def power(self) -> Expression:
        base = self.atom()
        if sign := self.skip("^"):
            return self.call(sign, base, self.signed())
        return base

    def atom(self) -> Expression:
        token = self.token
        if token.kind == "number":
            self.next += 1
            return Number(float(token.text), token.at)
        if token.kind == "name":
            self.next += 1
            if not self.skip("("):
                return Name(token.text, token.at)
            arguments = [self.sum()]
            while self.skip(","):
                arguments.append(self.sum())
            self.close("',' or ')'")
            return self.call(token, *arguments)
        if self.skip("("):
            inner = self.sum()
            self.close("')'")
            return inner
        raise self.unexpected(_START)

    def close(self, expected: str) -> None:
        if not self.skip(")"):
            raise self.unexpected(f"an operator or {expected}")

    def call(self, token: Token, *arguments: Expression) -> Call:
        self.operations += 1
        if self.operations > _MOST_OPERATIONS:
            most = f"at most {_MOST_OPERATIONS} are allowed"
            raise self.problem(f"too many operations; {most}", token.at)
        return Call(token.text, arguments, token.at)

    def skip(self, *signs: str) -> Token | None:
        """Return the next token and move on if it is one of the signs, else None."""
        token = self.token
        if token.kind != "sign" or token.text not in signs:
            return None
        self.next += 1
        return token

    def unexpected(self, expected: str) -> ExpressionError:
        token, before = self.token, self.tokens[self.next - 1] if self.next else None
        starts = token.kind in ("number", "name") or token.text == "("
        if starts and before and before.kind == "number" and token.kind != "number":
            expected = f"an operator, as in {before.text}*{token.text}"
        elif starts and before and (before.kind == "name" or before.text == ")"):
            expected = f"an operator, such as *, before {found_at(token)}"
            return self.problem(f"expected {expected}")
        return self.problem(f"found {found_at(token)}; expected {expected}")

    def problem(self, words: str, at: int | None = None) -> ExpressionError:
        return problem_at(self.text, self.token.at if at is None else at, words)
