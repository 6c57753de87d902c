"""Read an HTML page: its elements, in order, and whether every tag is closed."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "img", "br", "hr", "mspace"}


@dataclass
class Node:
    """An element with its attributes, its children and its text."""

    tag: str
    attributes: dict[str, str | None]
    children: list["Node | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text within."""
        return "".join(each if isinstance(each, str) else each.text for each in self.children)

    def find(self, tag: str) -> "list[Node]":
        """Return all elements of a kind within, in order."""
        found = []
        for each in self.children:
            if isinstance(each, Node):
                found += [each] if each.tag == tag else []
                found += each.find(tag)
        return found

    def everything(self) -> "list[Node]":
        """Return all elements within."""
        inside = [each for each in self.children if isinstance(each, Node)]
        return [node for each in inside for node in (each, *each.everything())]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Node("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, dict(attrs))
        assert len(node.attributes) == len(attrs), f"{tag} has an attribute twice"
        self.open[-1].children.append(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read_page(content: str) -> Node:
    """Return the root of a page. Raises `AssertionError` unless every element is closed."""
    reader = _Reader()
    reader.feed(content)
    reader.close()
    (root,) = reader.open
    return root
