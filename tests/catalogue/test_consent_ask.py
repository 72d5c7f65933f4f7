from tests.catalogue.stage import START_MS, Stage


def test_agreeing_before_the_text_could_be_read_is_too_early():
    stage = Stage("consent.ask", {"min_view_s": 3})

    assert stage.refuses("customer", "agree", ms=2_999) == "too_early"
    assert stage.act("customer", "agree", ms=3_000).outcome == "ok"


def test_refusing_is_possible_at_once():
    stage = Stage("consent.ask", {"min_view_s": 60})

    assert stage.act("customer", "decline", ms=0).outcome == "declined"


def test_nobody_else_can_consent_for_the_customer():
    stage = Stage("consent.ask", present=("customer", "agent"))

    assert stage.refuses("agent", "agree", ms=5_000) == "not_allowed"
    assert stage.refuses("agent", "decline", ms=5_000) == "not_allowed"


def test_no_answer_is_neither_yes_nor_no():
    stage = Stage("consent.ask", {"timeout_s": 45}).time("answer")

    assert stage.outcome == "timeout"
    assert stage.at_ms == START_MS + 45_000
    assert stage.outputs == {}


def test_what_was_agreed_to_is_kept_with_text_version_and_time():
    settings = {"kind": "biometric", "text_id": "face_notice", "text_version": "7"}

    stage = Stage("consent.ask", dict(settings)).act("customer", "agree", ms=4_000)

    assert stage.outputs == {
        "consent.biometric.at": START_MS + 4_000,
        "consent.biometric.version": "face_notice@7",
        "consent.biometric.mode": "click",
    }


def test_a_refusal_sets_nothing():
    assert Stage("consent.ask").act("customer", "decline").outputs == {}


def test_coming_back_does_not_begin_the_reading_anew():
    stage = Stage("consent.ask", {"min_view_s": 3})

    stage.leaves("customer").joins("customer", ms=2_000)

    assert stage.panel("customer")["shown_at_ms"] == START_MS
    assert stage.act("customer", "agree", ms=1_000).outcome == "ok"


def test_the_customer_sees_the_text_in_every_language():
    shown = Stage("consent.ask", {"min_view_s": 3}).panel("customer")

    assert shown["min_view_ms"] == 3_000
    assert set(shown["text"]) == {"en", "zh-Hans"}
    assert set(shown) == {
        "kind",
        "heading",
        "text",
        "points",
        "decline_note",
        "text_id",
        "text_version",
        "shown_at_ms",
        "min_view_ms",
    }
