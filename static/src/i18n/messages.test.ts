import { expect, test } from "vitest";
import { pickText, toLocale } from "./locale";
import { defineMessages, translate } from "./messages";

const texts = defineMessages(
  { steps: { one: "{n} step", other: "{n} steps" }, saved: "Saved {time}" },
  { steps: "{n} 步", saved: "{time} 已保存" },
);

test("english has two plural forms, chinese one", () => {
  const en = translate(texts, "en");
  const zh = translate(texts, "zh-Hans");

  expect([en("steps", { n: 1 }), en("steps", { n: 1200 })]).toEqual(["1 step", "1,200 steps"]);
  expect(zh("steps", { n: 1 })).toBe("1 步");
});

test("a missing parameter stays visible instead of becoming undefined", () => {
  expect(translate(texts, "en")("saved")).toBe("Saved {time}");
});

test("text falls back to english, then to anything", () => {
  expect(pickText({ en: "Hello" }, "zh-Hans")).toBe("Hello");
  expect(pickText({ fr: "Bonjour" }, "en")).toBe("Bonjour");
  expect(pickText(undefined, "en")).toBe("");
});

test("every chinese tag is simplified chinese here", () => {
  expect(["zh", "zh-CN", "ZH-hans-SG", "de"].map(toLocale)).toEqual([
    "zh-Hans",
    "zh-Hans",
    "zh-Hans",
    "en",
  ]);
});
