"""Whether a file is C#: prints where it is not, and fails then."""

import sys

import tree_sitter_c_sharp
from tree_sitter import Language, Parser


def faults(node):
    if node.is_error or node.is_missing:
        yield node
    for child in node.children if node.has_error else []:
        yield from faults(child)


parser = Parser(Language(tree_sitter_c_sharp.language()))
with open(sys.argv[1], "rb") as file:
    source = file.read()
lines = source.decode().splitlines()
found = list(faults(parser.parse(source).root_node))
for node in found:
    row, column = node.start_point
    print(f"line {row + 1}, column {column + 1}: {lines[row] if row < len(lines) else ''}")
sys.exit(1 if found else 0)
