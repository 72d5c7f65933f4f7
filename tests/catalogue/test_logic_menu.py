from flow.commands import MarkChapter
from tests.catalogue.stage import Json, Stage
from tests.catalogue.ways import BOTH
from tests.catalogue.ways_of_logic import SERVICES


def menu(**config: object) -> Stage:
    return Stage("logic.menu", {"items": SERVICES, **config}, present=BOTH)


def test_choosing_marks_a_chapter_named_as_the_item():
    stage = menu().act("agent", "choose", item="limit", ms=700)

    assert stage.outcome == "limit"
    assert stage.requests("MarkChapter") == [
        MarkChapter(label={"en": "Raise limit"}, legal_step="limit", at_ms=stage.at_ms)
    ]


def test_what_was_taken_is_counted_by_menu_and_item():
    before: Json = {"menu.taken": {"node": {"phone": 1}, "elsewhere": {"phone": 4}}}
    stage = Stage("logic.menu", {"items": SERVICES}, variables=before, present=BOTH)

    assert stage.panel("agent")["items"][0]["taken"] == 1
    stage.act("customer", "choose", item="phone")

    assert stage.outputs == {
        "menu.choice": "phone",
        "menu.rounds": 2,
        "menu.taken": {"node": {"phone": 2}, "elsewhere": {"phone": 4}},
    }


def test_when_the_rounds_are_used_up_only_finish_is_left():
    before: Json = {"menu.taken": {"node": {"phone": 1, "limit": 1}}}
    config = {"items": SERVICES, "max_rounds": 2}
    stage = Stage("logic.menu", config, variables=before, present=BOTH)

    shown = stage.panel("customer")
    assert (shown["round"], shown["max_rounds"], shown["rounds_left"]) == (2, 2, 0)
    assert stage.refuses("agent", "choose", item="phone") == "not_allowed"
    assert stage.act("agent", "finish").outcome == "finish"
    assert stage.outputs["menu.rounds"] == 2


def test_who_chooses_is_a_setting():
    stage = menu(who="agent")

    assert stage.panel("agent")["can_choose"]
    assert not stage.panel("customer")["can_choose"]
    assert stage.refuses("customer", "choose", item="phone") == "not_allowed"
    assert stage.refuses("customer", "finish") == "not_allowed"


def test_an_item_that_is_not_there_is_refused():
    assert menu().refuses("agent", "choose", item="mortgage") == "invalid_data /item"
    assert menu().refuses("agent", "choose", item="finish") == "invalid_data /item"


def test_finishing_marks_no_chapter():
    stage = menu().act("customer", "finish")

    assert stage.outputs == {"menu.choice": "finish", "menu.rounds": 0, "menu.taken": {"node": {}}}
    assert stage.asked == []


def test_the_card_names_few_services_and_counts_many():
    behaviour = menu().behaviour
    few: Json = {"items": SERVICES}
    many: Json = {"items": [{"id": f"s{n}", "label": {"en": "x"}} for n in range(4)]}

    assert behaviour.summary(few, "en") == "Change phone number, Raise limit"
    assert behaviour.summary(many, "zh-Hans") == "4 项业务"
