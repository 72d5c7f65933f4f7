from tests.catalogue.stage import START_MS, Stage


def test_a_customer_who_is_there_already_goes_on_at_once():
    stage = Stage("entry.link")

    assert stage.outcome == "ok"
    assert stage.asked == []


def test_somebody_else_arriving_does_not_begin_it():
    stage = Stage("entry.link", present=())

    stage.joins("agent")

    assert stage.is_active()


def test_it_waits_for_as_long_as_it_is_set_to():
    stage = Stage("entry.link", {"wait_s": 30}, present=()).time("presence")

    assert stage.outcome == "expired"
    assert stage.at_ms == START_MS + 30_000


def test_the_visit_gets_a_reference_of_its_own():
    stage = Stage("entry.link")

    assert stage.outputs["entry.channel"] == "link"
    assert len(str(stage.outputs["session.id"])) == 24


def test_whoever_started_the_run_may_name_reference_and_channel():
    given = {"session.id": "S-1", "entry.channel": "branch"}

    stage = Stage("entry.link", variables=dict(given))

    assert stage.outputs == given
