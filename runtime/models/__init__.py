"""The tables of the runtime; Django looks for them here, so this package names them all."""

from runtime.models.connection import Connection
from runtime.models.desk import AgentPresence, Queue, QueueEntry
from runtime.models.erasure import ErasureWish
from runtime.models.evidence import Composition, Evidence, Recording, RecordingFile, Segment
from runtime.models.room import PeerOffer, Room, Worker, WorkerRequest
from runtime.models.run import Job, Participant, Run, RunEvent

__all__ = [
    "AgentPresence",
    "Composition",
    "Connection",
    "ErasureWish",
    "Evidence",
    "Job",
    "Participant",
    "PeerOffer",
    "Queue",
    "QueueEntry",
    "Recording",
    "RecordingFile",
    "Room",
    "Run",
    "RunEvent",
    "Segment",
    "Worker",
    "WorkerRequest",
]
