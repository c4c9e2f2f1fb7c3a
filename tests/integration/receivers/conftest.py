"""What tests of receivers share with those of processors."""

from tests.integration.processor.conftest import processor, store

__all__ = ["processor", "store"]
