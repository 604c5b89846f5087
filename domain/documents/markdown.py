"""Reads Markdown: it stays as it is, without its front matter and its comments."""

import re

# YAML between `---`, TOML between `+++`, at the very top, with at least one `key: value`.
_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\n(?P<fields>(?:(?!\1).*\n){1,200}?)(?:\1|\.\.\.)[ \t]*(?:\n|\Z)")
_FIELD = re.compile(r"^[\w-]+[ \t]*[:=]", re.MULTILINE)
_TITLE_FIELD = re.compile(r"^title[ \t]*[:=][ \t]*[\"']?(?P<title>[^\"'\n]+)", re.MULTILINE | re.IGNORECASE)
_FIRST_HEADING = re.compile(r"^ {0,3}#{1,2}[ \t]+(?P<title>\S.*?)[ \t#]*$", re.MULTILINE)
# Where a comment may begin, or code in which nothing is one. `[//]: # (…)` is a comment for those who know the trick.
_COMMENT_OR_CODE = re.compile(
    r"<!--|^ {0,3}(?P<fence>`{3,}+(?=[^`\n]*$)|~{3,}+)|`[^`\n]++`"
    r"|^ {0,3}\[[^\]\n]{1,100}\]:[ \t]*(?:#|<>)[ \t]+(?P<line>[(\"'].*$)",
    re.MULTILINE,
)


def read_markdown(text: str) -> tuple[str | None, str]:
    """The title (from the front matter, else the first heading) and the text without what its readers never see."""
    title = None
    front = _FRONT_MATTER.match(text)
    if front and _FIELD.search(front["fields"]):
        title = _TITLE_FIELD.search(front["fields"])
        text = text[front.end() :]
    text = _without_comments(text)
    title = title or _FIRST_HEADING.search(text)
    return (title["title"].strip() or None) if title else None, text


def _without_comments(text: str) -> str:
    """A comment that never ends is none. Every step moves forward: 10 MB of `<!--` are one search."""
    kept, at, done = list[str](), 0, 0
    while found := _COMMENT_OR_CODE.search(text, at):
        at = found.end()
        if found["fence"]:
            sign, least = found["fence"][0], len(found["fence"])
            closing = re.compile(rf"^ {{0,3}}{sign}{{{least},}}[ \t]*$", re.MULTILINE).search(text, at)
            at = closing.end() if closing else len(text)
        elif found["line"] or found[0] == "<!--":
            end = at if found["line"] else text.find("-->", found.start() + 2) + 3
            if end < at - 2:
                break
            kept.append(text[done : found.start()])
            done = at = end
    return "".join([*kept, text[done:]])


def read_plain(text: str) -> tuple[str | None, str]:
    """Plain text has no title of its own."""
    return None, text
