"""Pages and how they are edited."""


class Editor:
    """Edits a text with a mark."""

    def __init__(self, mark="*"):
        self.mark = mark

    def edit(self, text):
        """Put the mark around a text."""
        return trimmed(self.mark + text + self.mark)


def trimmed(text):
    """Cut a text to what a line holds."""
    if not text:
        raise ValueError("a text may not be empty: " + repr(text))
    return text[:40]


def edit(text, mark="*"):
    """Edit a text with an editor of its own."""
    editor = Editor(mark)
    return editor.edit(text)


class Page:
    """A page with one text."""

    def __init__(self, text):
        self.text = text

    def edit(self):
        """Edit the page's text."""
        self.text = edit(self.text)

    def save(self):
        """Give the text back."""
        return self.text
