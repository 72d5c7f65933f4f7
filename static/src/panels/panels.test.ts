import { expect, test } from "vitest";
import { translate } from "../i18n/messages";
import { NO_MEDIA } from "../media/types";
import { wordsOf } from "./closing/Closing";
import type { FormField } from "./contracts";
import { adviceFor, browserOf } from "./device_check/advice";
import { lightOf } from "./device_check/light";
import { blockedBy, rateText, reportOf } from "./device_check/report";
import { problem, shownText, toValue, visitors } from "./form/draft";
import { panels } from "./index";
import { reasonText } from "./integration/Integration";
import { texts as integrationTexts } from "./integration/texts";
import { neighbours, ordinal } from "./queue/ordinal";
import { marked, nextPhrase, settled } from "./teleprompter/Teleprompter";
import { leftOf } from "./wait/left";

const field = (name: string, type: FormField["type"] = "text"): FormField => {
  const label = { en: name };
  const rest = { help: {}, options: [], required: false, editable: true, masked: false };
  return { name, label, type, ...rest };
};

test("every kind of the contract has a panel", () => {
  const kinds = ["capture", "capture_guide", "connecting", "consent", "device_check", "form"];
  expect(Object.keys(panels).sort()).toEqual([
    ...kinds,
    "integration",
    "menu",
    "progress",
    "queue",
    "script",
    "teleprompter",
    "wait",
  ]);
});

test("own typing wins in the box, without the site's word on what it replaces", () => {
  const own = { text: "+49", stage: "sending", refusal: null } as const;

  expect(shownText(field("phone"), { phone: "+4" }, own.text)).toBe("+49");
  expect(shownText(field("phone"), { phone: "+4" }, undefined)).toBe("+4");
  expect(problem(field("phone"), { phone: "format" }, own)).toBeUndefined();
  expect(problem(field("phone"), { phone: "format" }, undefined)).toBe("format");
  expect(problem(field("phone"), {}, { ...own, stage: "refused" })).toBe("type");
});

test("an empty box is no value, and a number is a number", () => {
  expect(toValue(field("a"), "  ")).toBeNull();
  expect(toValue(field("a", "number"), "12,5")).toBe(12.5);
  expect(toValue(field("a", "number"), "twelve")).toBe("twelve");
  expect(toValue(field("a", "bool"), "false")).toBe(false);
});

test("a field names the others who are in it, never oneself", () => {
  const focus = { agent: "phone", customer: "phone" };

  expect(visitors(focus, "phone", "customer")).toEqual(["agent"]);
  expect(visitors(focus, "name", "customer")).toEqual([]);
});

test("a phrase that was pressed counts at once, and until the site says the same", () => {
  const phrase = (id: string, said: boolean) => ({ id, text: id, mandatory: false, said });
  const told = [phrase("a", false), phrase("b", false)];
  const marks = new Map([["a", true]]);

  expect(nextPhrase(marked(told, marks))?.id).toBe("b");
  expect(settled(marks, told)).toBe(marks);
  expect([...settled(marks, [phrase("a", true), phrase("b", false)])]).toEqual([]);
});

test("a wait is told by what is left of it, and never beyond its ends", () => {
  expect(leftOf(0, 60_000, 15_000)).toEqual({ ms: 45_000, share: 0.25 });
  expect(leftOf(0, 60_000, 70_000)).toEqual({ ms: 0, share: 1 });
  expect(leftOf(60_000, 60_000, 0)).toEqual({ ms: 60_000, share: 0 });
});

test("places in a line are said as people say them", () => {
  expect([1, 2, 3, 4, 11, 22].map((n) => ordinal(n, "en"))).toEqual([
    "1st",
    "2nd",
    "3rd",
    "4th",
    "11th",
    "22nd",
  ]);
  expect(ordinal(3, "zh-Hans")).toBe("第 3 位");
  expect([neighbours(1), neighbours(4)]).toEqual([
    [0, 2],
    [2, 3, 0, 5],
  ]);
});

test("the last page's title is as many sentences as fit one", () => {
  expect(wordsOf("Done. Your number is changed.", "x")).toEqual([
    "Done. Your number is changed.",
    "",
  ]);
  expect(wordsOf("That is fine. Nothing was recorded. You can still come by.", "x")).toEqual([
    "That is fine. Nothing was recorded.",
    "You can still come by.",
  ]);
  expect(wordsOf("", "Ended")).toEqual(["Ended", ""]);
});

test("light is told as dark, one-sided or good", () => {
  const pixels = (left: number, right: number) =>
    Array.from({ length: 4 * 8 * 2 }, (_, n) => (Math.floor(n / 4) % 8 < 4 ? left : right));

  expect(lightOf(pixels(20, 20), 8)).toBe("dark");
  expect(lightOf(pixels(200, 90), 8)).toBe("dark_side");
  expect(lightOf(pixels(150, 130), 8)).toBe("good");
  expect(lightOf([], 8)).toBe("good");
});

test("the report says what was found and nothing better", () => {
  const media = { ...NO_MEDIA, camera: "refused", microphone: "on" } as const;

  expect(reportOf(media, { kbps: 900, rtt_ms: 40 }, "skipped")).toMatchObject({
    camera: "refused",
    microphone: "ok",
    audio_only: true,
    kbps: 900,
  });
  expect(reportOf(NO_MEDIA, null, "heard")).toMatchObject({ camera: "missing", kbps: 0 });
});

test("a missing microphone blocks, a missing camera only until sound is enough", () => {
  const blind = { ...NO_MEDIA, camera: "busy", microphone: "on" } as const;

  expect(blockedBy({ ...blind, microphone: "refused" }, true)).toBe("microphone");
  expect(blockedBy(blind, false)).toBe("camera");
  expect(blockedBy(blind, true)).toBeNull();
  expect(blockedBy({ ...NO_MEDIA, camera: "asking", microphone: "asking" }, false)).toBeNull();
});

test("advice names the switch of the browser at hand", () => {
  const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) AppleWebKit/605 Version/18 Safari/604";
  const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

  expect(adviceFor("refused", browserOf(iphone))).toEqual(["aa", "allow"]);
  expect(adviceFor("refused", browserOf(firefox))).toEqual(["lock", "unblock"]);
  expect(adviceFor("busy", browserOf(firefox))).toEqual(["close_apps", "close_tabs"]);
});

test("why another system said no is told in words where the house knows them", () => {
  const t = translate(integrationTexts, "en");

  expect(reasonText("unreachable", t)).toBe("Nobody answers there at the moment.");
  expect(reasonText("status_404", t)).toBe("The other system answered with 404.");
  expect(reasonText("LIMIT_7", t)).toBe("Reason given: LIMIT_7");
  expect(reasonText("", t)).toBe("");
});

test("rates are said in the unit people know", () => {
  expect([rateText(640), rateText(1840)]).toEqual(["640 kbit/s", "1.8 Mbit/s"]);
});
