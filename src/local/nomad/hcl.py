"""Reads a Nomad job file for the stand-in: {"job", "variables"} as JSON on stdin, blocks as JSON on stdout.

python-hcl2 does the parsing. Its tree is evaluated here as far as our job files need it: variables and their defaults,
locals, templates, conditionals, comparisons, indexing and dynamic blocks. What Nomad resolves only when a task runs
(${NOMAD_...}, ${node...}, ${attr...}, ${env...}) is kept as written, as Nomad's own reader does.
A body is {"attributes": {name: value}, "blocks": [{"type", "labels", "body"}]}.
"""

import json
import operator
import sys

import hcl2
from hcl2.rules.base import AttributeRule, BlockRule
from hcl2.rules.containers import ObjectElemKeyExpressionRule, ObjectRule, TupleRule
from hcl2.rules.expressions import BinaryOpRule, ConditionalRule, ExprTermRule, UnaryOpRule
from hcl2.rules.indexing import GetAttrExprTermRule, IndexExprTermRule, ShortIndexRule
from hcl2.rules.literal_rules import FloatLitRule, IdentifierRule, IntLitRule, LiteralValueRule
from hcl2.rules.strings import HeredocTemplateRule, InterpolationRule, StringRule
from hcl2.utils import SerializationContext, SerializationOptions, process_escape_sequences
from lark.exceptions import UnexpectedInput

OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "&&": lambda left, right: left and right,
    "||": lambda left, right: left or right,
}
LITERALS = {"true": True, "false": False, "null": None}


class JobFileError(Exception):
    """Something that Nomad would refuse, or that this evaluator does not know."""


class Undefined(Exception):
    """A root that only Nomad knows at run time."""


def source(node):
    """The expression as it was written, without the wrapping ${}."""
    return node.serialize(SerializationOptions(), SerializationContext(inside_dollar_string=True))


def to_text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise JobFileError("Invalid template interpolation value; Cannot include the given value in a string template.")


def template(node, scope):
    """A quoted string; one that is a single interpolation keeps the type of its value."""
    parts = [part.content for part in node.string_parts]
    if len(parts) == 1 and isinstance(parts[0], InterpolationRule):
        return interpolate(parts[0], scope)
    text = ""
    for part in parts:
        if isinstance(part, InterpolationRule):
            text += to_text(interpolate(part, scope))
        elif part.lark_name() == "ESCAPED_INTERPOLATION":
            text += str(part.value)[1:]
        elif part.lark_name() == "STRING_CHARS":
            text += process_escape_sequences(str(part.value))
        else:
            raise JobFileError("Template directives are not read by the stand-in")
    return text


def interpolate(node, scope):
    try:
        return evaluate(node.expression, scope)
    except Undefined:
        return "${" + source(node.expression) + "}"


def identifier(node, scope):
    name = str(node.token.value)
    if name not in scope:
        raise Undefined(name)
    return scope[name]


def attribute(node, scope):
    value = evaluate(node.expr_term, scope)
    name = str(node.get_attr.identifier.token.value)
    if not isinstance(value, dict) or name not in value:
        raise JobFileError(f'Unsupported attribute; This object does not have an attribute named "{name}".')
    return value[name]


def index(node, scope):
    value, position = node.children
    key = position.index if isinstance(position, ShortIndexRule) else evaluate(position.index_expression, scope)
    try:
        return evaluate(value, scope)[key]
    except (KeyError, IndexError, TypeError) as error:
        raise JobFileError("Invalid index; The given key does not identify an element.") from error


def key_of(node, scope):
    if isinstance(node, ObjectElemKeyExpressionRule):
        inner = node.expression
        if isinstance(inner, ExprTermRule) and not inner.parentheses and isinstance(inner.expression, IdentifierRule):
            return str(inner.expression.token.value)
        return evaluate(inner, scope)
    if isinstance(node.value, IdentifierRule):
        return str(node.value.token.value)
    return to_text(evaluate(node.value, scope))


def binary(node, scope):
    sign = str(node.binary_term.binary_operator.token.value).strip()
    return OPERATORS[sign](evaluate(node.expr_term, scope), evaluate(node.binary_term.expr_term, scope))


def unary(node, scope):
    value = evaluate(node.expr_term, scope)
    return not value if node.operator.strip() == "!" else -value


def conditional(node, scope):
    return evaluate(node.if_true if evaluate(node.condition, scope) else node.if_false, scope)


RULES = [
    (ExprTermRule, lambda node, scope: evaluate(node.expression, scope)),
    (StringRule, template),
    (HeredocTemplateRule, lambda node, _: heredoc(node)),
    (IntLitRule, lambda node, _: int(str(node.token.value))),
    (FloatLitRule, lambda node, _: float(str(node.token.value))),
    (LiteralValueRule, lambda node, _: LITERALS[str(node.token.value)]),
    (IdentifierRule, identifier),
    (TupleRule, lambda node, scope: [evaluate(item, scope) for item in node.elements]),
    (ObjectRule, lambda node, scope: {key_of(e.key, scope): evaluate(e.expression, scope) for e in node.elements}),
    (GetAttrExprTermRule, attribute),
    (IndexExprTermRule, index),
    (ConditionalRule, conditional),
    (BinaryOpRule, binary),
    (UnaryOpRule, unary),
]


def evaluate(node, scope):
    for rule, read in RULES:
        if isinstance(node, rule):
            return read(node, scope)
    raise JobFileError(f"The stand-in does not read this expression: {source(node)}")


def heredoc(node):
    text = node.serialize(SerializationOptions(preserve_heredocs=False, strip_string_quotes=True))
    if "${" in text or "%{" in text:
        raise JobFileError("The stand-in does not read templates in heredocs")
    return text


def names(block):
    return [str(label.token.value) if isinstance(label, IdentifierRule) else template(label, {}) for label in block.labels]


def children(body):
    return [child for child in body.children if isinstance(child, (AttributeRule, BlockRule))]


def expand(block, labels, scope):
    """A dynamic block: its content once for each element of for_each."""
    parts = {}
    for child in children(block.body):
        if isinstance(child, AttributeRule):
            parts[str(child.identifier.token.value)] = child.expression
        elif names(child)[0] == "content":
            parts["content"] = child.body
    items = evaluate(parts["for_each"], scope)
    pairs = items.items() if isinstance(items, dict) else enumerate(items)
    for key, value in pairs:
        inner = {**scope, labels[0]: {"key": key, "value": value}}
        given = evaluate(parts["labels"], inner) if "labels" in parts else []
        yield {"type": labels[0], "labels": given, "body": read_body(parts["content"], inner)}


def read_body(body, scope):
    attributes, blocks = {}, []
    for child in children(body):
        if isinstance(child, AttributeRule):
            name = str(child.identifier.token.value)
            try:
                attributes[name] = evaluate(child.expression, scope)
            except Undefined:
                attributes[name] = "${" + source(child.expression) + "}"
            continue
        kind, *labels = names(child)
        if kind == "dynamic":
            blocks.extend(expand(child, labels, scope))
        else:
            blocks.append({"type": kind, "labels": labels, "body": read_body(child.body, scope)})
    return {"attributes": attributes, "blocks": blocks}


def convert(name, kind, value):
    """Checks a variable's value against its type; Nomad converts between numbers, booleans and strings."""
    if kind.startswith("list(") and isinstance(value, list):
        return [convert(name, kind[5:-1], item) for item in value]
    if kind == "string" and isinstance(value, (str, int, float)):
        return to_text(value)
    try:
        if kind == "number" and not isinstance(value, bool):
            return value if isinstance(value, (int, float)) else json.loads(value)
    except (TypeError, ValueError):
        pass
    if kind == "bool" and value in (True, False, "true", "false"):
        return value in (True, "true")
    if kind in ("any", "") or kind.startswith(("map(", "object(", "set(", "tuple(")):
        return value
    raise JobFileError(f'Invalid value for variable; The value of "{name}" is not of its type {kind}.')


def read_variables(root, given):
    values = {}
    declared = {}
    for block in children(root):
        if isinstance(block, BlockRule) and names(block)[0] == "variable":
            declared[names(block)[1]] = {
                str(a.identifier.token.value): a.expression for a in children(block.body) if isinstance(a, AttributeRule)
            }
    for name, parts in declared.items():
        kind = source(parts["type"]).replace(" ", "") if "type" in parts else "any"
        if name not in given and "default" not in parts:
            raise JobFileError(
                f'Unset variable "{name}"; A used variable must be set or have a default value; '
                "see https://www.nomadproject.io/docs/job-specification/hcl2/variables for details."
            )
        value = given[name] if name in given else evaluate(parts["default"], {})
        values[name] = None if value is None else convert(name, kind, value)
    return values


def read(job, variables):
    given = read_body(hcl2.parses(variables + "\n").body, {})["attributes"] if variables.strip() else {}
    root = hcl2.parses(job + "\n").body
    scope = {"var": read_variables(root, given), "local": {}}
    jobs = []
    for child in children(root):
        kind, *labels = names(child) if isinstance(child, BlockRule) else ["attribute"]
        if kind == "locals":
            scope["local"].update(read_body(child.body, scope)["attributes"])
        elif kind == "job":
            jobs.append({"type": kind, "labels": labels, "body": read_body(child.body, scope)})
        elif kind != "variable":
            raise JobFileError(f'Unsupported block type; Blocks of type "{kind}" are not expected here.')
    if len(jobs) != 1:
        raise JobFileError("Missing job block; A job block is required")
    return jobs[0]


def main():
    request = json.load(sys.stdin)
    try:
        answer = {"block": read(request["job"], request["variables"])}
    except UnexpectedInput as error:
        position = f"{error.line},{error.column}-{error.column}"
        answer = {"error": f"input.hcl:{position}: Invalid expression; Found something that is not expected here."}
    except JobFileError as error:
        answer = {"error": f"<nil>: {error}"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
