import { expect, test } from "vitest";
import { clockText, initials, languageName } from "./words";

test("a time grows from minutes to hours and never turns negative", () => {
  expect([clockText(-4000), clockText(252_900), clockText(3_852_000)]).toEqual([
    "0:00",
    "4:12",
    "1:04:12",
  ]);
});

test("initials of western and chinese names", () => {
  expect([
    initials("Hanna M. Vogel"),
    initials("Hanna"),
    initials("陈静怡"),
    initials(" "),
  ]).toEqual(["HV", "H", "陈", ""]);
});

test("a language is named in itself", () => {
  expect([languageName("en"), languageName("zh-Hans"), languageName("")]).toEqual([
    "English",
    "中文",
    "",
  ]);
});
