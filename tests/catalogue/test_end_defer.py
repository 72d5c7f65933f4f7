from flow.state import EndKind, RunStatus
from tests.catalogue.stage import Stage

TEXTS = {"message": {"en": "That is all.", "zh-Hans": "到此为止。"}, "next_step": {"en": "Rest."}}


def test_the_run_ends_with_its_reason_and_words():
    stage = Stage("end.defer", {"reason_code": "because", **TEXTS})

    assert stage.state.status is RunStatus.CLOSED
    assert stage.state.ending is not None
    assert stage.state.ending.kind is EndKind.DEFER
    assert stage.state.ending.code == "because"
    assert stage.state.ending.message == TEXTS["message"]
    assert stage.state.ending.next_step == TEXTS["next_step"]
    assert stage.outputs == {"end.code": "because"}


def test_it_leads_nowhere():
    stage = Stage("end.defer")

    assert stage.manifest.end
    assert stage.manifest.outcomes == ()
