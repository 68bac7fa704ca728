"""What Jinja's statements are to nesting: in go pieces, out come names, and which of them open a block.

It parses no statement. See Note: what is known of blocks.
"""

from __future__ import annotations

from frontload.compiler.pieces import STATEMENT_BEGINS, Cut

MIDDLES = {"else": ("if", "for"), "elif": ("if",), "pluralize": ("trans",)}
JINJAS_OWN = frozenset({"if", "for", "block", "macro", "call", "filter", "with", "autoescape", "set", "trans"})
ALWAYS_RUN = frozenset({"block", "with", "autoescape", "filter"})


class Blocks:
    """The statements of one text. An index is that of the piece with which a statement begins."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._last_ends = {
            name: index for index in range(len(cut.pieces)) if (name := self.name(index)).startswith("end")
        }

    def name(self, index: int) -> str:
        """The first name of the statement that begins at a piece, or ""."""
        if self._cut.pieces[index].type not in STATEMENT_BEGINS:
            return ""
        following = self._cut.pieces[index + 1 : index + 3]
        first = next((piece for piece in following if piece.type != "whitespace"), None)
        return first.value if first and first.type == "name" else ""

    def opens(self, index: int) -> bool:
        """Whether a statement opens a block: its end comes later, and it is no `{% set x = 1 %}`."""
        name = self.name(index)
        if self._last_ends.get(f"end{name}", -1) < index:
            return False
        return name != "set" or not self.assigns(index)

    def assigns(self, index: int) -> bool:
        """Whether it is a `{% set x = 1 %}`, which opens no block."""
        end = self._cut.upto(index, self._cut.pieces[index].type.replace("begin", "end"))
        depth = 0
        for piece in self._cut.pieces[index:end]:
            if piece.type == "operator":
                depth += (piece.value in "([{") - (piece.value in ")]}")
                if piece.value == "=" and not depth:
                    return True
        return False


# Note: what is known of blocks
# Extensions have statements of their own, with an end or without, and the lexer cannot tell which. A name opens a block
# only if a later `{% end… %}` bears it; and an extension's block is dropped without a word where it does not fit, so
# that no finding rests on a guess. If the parser then fails because of the tags, the text is read once more, strictly.
#
# Jinja's parser has the last word on its own blocks: once they do not nest, tags that do not nest either are the
# consequence, and are not reported.
