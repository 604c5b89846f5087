"""What can be wrong with content. The docstring of each error is its message; each says what to do."""


class ContentError(Exception):
    """The content cannot be used."""

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__((type(self).__doc__ or "").format(**values))


class EmptyContent(ContentError):
    """{name} holds no text; give a file with course content in it."""


class BinaryContent(ContentError):
    """{name} is {kind}, not text; convert it to text, Markdown or HTML and try again."""


class ContentTooShort(ContentError):
    """{name} holds {length} characters of prose; at least {limit} are needed to ask about. Add more content."""


class ContentTooLarge(ContentError):
    """{name} has {size} bytes; at most {limit} are taken. Split it into several quizzes."""


class UnsupportedContent(ContentError):
    """{name} is {kind}, which cannot be read yet; save it as UTF-8 text, Markdown or HTML and try again."""
