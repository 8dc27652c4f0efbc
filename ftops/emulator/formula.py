"""`calculate_output` of a multi grader: arithmetic over the scores of its children, and nothing else.

Operators + - * / ^ and the functions below are documented. No Python is ever evaluated.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping

MAX_LENGTH = 2000
FUNCTIONS: dict[str, Callable[..., float]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "log": math.log,
}
SINGLE = ("abs", "floor", "ceil", "exp", "sqrt", "log")


class Wrong(Exception):
    """Not such a formula, or one with an unknown name."""


def evaluate(text: str, scores: Mapping[str, float]) -> float:
    """Raises Wrong for what is no formula, ArithmeticError where it has no value."""
    if len(text) > MAX_LENGTH:
        raise Wrong(f"it has more than {MAX_LENGTH} characters")
    try:
        tree = ast.parse(text.replace("^", "**").strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Wrong("it is not a formula") from error
    try:
        value = _value(tree.body, scores)
    except (ValueError, RecursionError) as error:
        raise ArithmeticError(str(error)) from error
    if isinstance(value, complex) or not math.isfinite(value):
        raise ArithmeticError("the result is not a number")
    return float(value)


def _value(node: ast.expr, scores: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name):
            if name not in scores:
                raise Wrong(f"there is no grader '{name}'")
            return scores[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, scores)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand, scores)
        case ast.BinOp(left=left, op=operator, right=right):
            return _combined(operator, _value(left, scores), _value(right, scores))
        case ast.Call(func=ast.Name(id=name), args=[_, *_] as arguments, keywords=[]) if name in FUNCTIONS:
            if name in SINGLE and len(arguments) != 1:
                raise Wrong(f"'{name}' takes one value")
            values = [_value(argument, scores) for argument in arguments]
            return float(FUNCTIONS[name](*values) if len(values) > 1 or name in SINGLE else values[0])
    raise Wrong("only numbers, names of graders, + - * / ^ and known functions are allowed")


def _combined(operator: ast.operator, left: float, right: float) -> float:
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case ast.Pow():
            value = left**right
            if isinstance(value, complex):
                raise ValueError("a root of a negative number")
            return float(value)
    raise Wrong("only + - * / ^ are allowed")
