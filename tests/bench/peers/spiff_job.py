"""SpiffWorkflow: ten manual tasks; after each the whole workflow is stored, as its users do."""

from __future__ import annotations

import io
import sqlite3
import sys
from itertools import pairwise

from asked import STEPS, answer, seconds
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def drawn() -> bytes:
    names = ["start", *(f"step_{n}" for n in range(STEPS)), "end"]
    flows = "".join(
        f'<sequenceFlow id="f{n}" sourceRef="{one}" targetRef="{following}"/>'
        for n, (one, following) in enumerate(pairwise(names))
    )
    tasks = "".join(f'<manualTask id="{one}"/>' for one in names[1:-1])
    return (
        f'<definitions xmlns="{BPMN}" targetNamespace="bench"><process id="linear" '
        f'isExecutable="true"><startEvent id="start"/>{tasks}<endEvent id="end"/>{flows}'
        "</process></definitions>"
    ).encode()


parser = BpmnParser()
parser.add_bpmn_xml(etree.parse(io.BytesIO(drawn())))
spec = parser.get_spec("linear")
serializer = BpmnWorkflowSerializer()

store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("PRAGMA journal_mode=WAL")
store.execute("PRAGMA synchronous=FULL")
store.execute("PRAGMA wal_autocheckpoint=4000")
store.execute("CREATE TABLE IF NOT EXISTS run (id INTEGER PRIMARY KEY, state TEXT)")


def job() -> float:
    workflow = BpmnWorkflow(spec)
    workflow.do_engine_steps()
    row = store.execute("INSERT INTO run (state) VALUES ('')").lastrowid

    def steps() -> None:
        for _ in range(STEPS):
            workflow.get_next_task(state=TaskState.READY, manual=True).run()
            workflow.do_engine_steps()
            store.execute("BEGIN IMMEDIATE")
            state = serializer.serialize_json(workflow)
            store.execute("UPDATE run SET state = ? WHERE id = ?", (state, row))
            store.execute("COMMIT")

    took = seconds(steps)
    if not workflow.is_completed():
        raise SystemExit("the workflow is not at its end")
    return took


answer(job)
