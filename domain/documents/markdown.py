"""Reads Markdown: it stays as it is, without its front matter."""

import re

# YAML between `---`, TOML between `+++`, at the very top, with at least one `key: value`.
_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\n(?P<fields>(?:(?!\1).*\n){1,200}?)(?:\1|\.\.\.)[ \t]*(?:\n|\Z)")
_FIELD = re.compile(r"^[\w-]+[ \t]*[:=]", re.MULTILINE)
_TITLE_FIELD = re.compile(r"^title[ \t]*[:=][ \t]*[\"']?(?P<title>[^\"'\n]+)", re.MULTILINE | re.IGNORECASE)
_FIRST_HEADING = re.compile(r"^ {0,3}#{1,2}[ \t]+(?P<title>\S.*?)[ \t#]*$", re.MULTILINE)


def read_markdown(text: str) -> tuple[str | None, str]:
    """The title (from the front matter, else the first heading) and the text."""
    title = None
    front = _FRONT_MATTER.match(text)
    if front and _FIELD.search(front["fields"]):
        title = _TITLE_FIELD.search(front["fields"])
        text = text[front.end() :]
    title = title or _FIRST_HEADING.search(text)
    return (title["title"].strip() or None) if title else None, text


def read_plain(text: str) -> tuple[str | None, str]:
    """Plain text has no title of its own."""
    return None, text
