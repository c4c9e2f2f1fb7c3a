"""What is wrong with a rules file."""


class RulesError(ValueError):
    """Rules can't be understood or read. The message is one line: the file, the line, what is wrong, and what would be right."""
