"""The spellings that loggers give one field: `trace_id`, `traceId`, `TraceID`, `trace.id` and their like."""


def spellings(*words: str) -> list[str]:
    """Every usual way of joining `words` into a field's name."""
    lower = [word.lower() for word in words]
    capitalized = [word.capitalize() for word in lower]
    short = [word.upper() if word == "id" else word.capitalize() for word in lower]
    joined = {separator.join(style) for style in (lower, capitalized) for separator in "_.-"}
    joined |= {separator.join(lower).upper() for separator in "_.-"}
    joined |= {"".join(style) for style in (lower, capitalized, short)}
    joined |= {lower[0] + "".join(style[1:]) for style in (capitalized, short)}
    joined.add("".join(lower).upper())
    joined.add("".join(lower).capitalize())
    return sorted(joined)
