"""ListProcessors: the state of each, as it says itself."""

from logmesh.gateway.answers.answering import Unavailable
from logmesh.gateway.processors.states import States
from logmesh.v1 import pipeline_service_pb2 as pb


def list_processors(states: States) -> pb.ListProcessorsResponse:
    """By name; one that does not answer is not ready and has no version. Raises Unavailable when nobody knows which there are."""
    if states.failure:
        raise Unavailable(states.failure)
    return pb.ListProcessorsResponse(processors=states.processors)
