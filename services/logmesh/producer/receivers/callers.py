"""Whose records a sender may bring."""


class Callers:
    """Without tokens or identities everybody is let in, and what they send is this process's own tenant's."""

    def tenant_of(self, authorization: str, *, identity: str = "") -> str:
        """The tenant of a sender, by what it shows; empty: this process's own."""
        return ""
