from flow.commands import MarkChapter
from tests.catalogue.stage import Json, Stage

LABEL: Json = {"en": "Rights read", "zh-Hans": "告知权利"}


def test_the_moment_is_marked_and_the_call_goes_on():
    stage = Stage("rec.chapter", {"label": LABEL, "legal_step": "rights"})

    assert stage.outcome == "ok"
    assert stage.requests("MarkChapter") == [
        MarkChapter(label=LABEL, legal_step="rights", at_ms=stage.at_ms)
    ]


def test_marks_add_up():
    first: Json = {"label": {"en": "Before"}, "legal_step": "before", "at_ms": 1}
    stage = Stage(
        "rec.chapter",
        {"label": LABEL, "legal_step": "rights"},
        variables={"rec.chapters": [first]},
    )

    assert stage.outputs["rec.chapters"] == [
        first,
        {"label": LABEL, "legal_step": "rights", "at_ms": stage.at_ms},
    ]
