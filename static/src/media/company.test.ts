import { expect, test } from "vitest";
import type { Person } from "../api/socket_types";
import { companyOf } from "./company";

const person = (id: string, present = true): Person => ({
  id,
  role: "expert",
  name: id,
  staff_no: "",
  present,
  since_ms: 0,
});
const people = [person("anna"), person("bo"), person("chen"), person("away", false)];

test("everybody is shown once: not oneself, not who is large, not who is away", () => {
  const { shown } = companyOf({ people, you: "anna", streams: ["bo", "chen"], large: ["bo"] });

  expect(shown.map((one) => one.key)).toEqual(["chen"]);
});

test("who is there without a picture has a place too", () => {
  const { shown } = companyOf({ people, you: "anna", streams: [], large: [] });

  expect(shown.map((one) => one.key)).toEqual(["bo", "chen"]);
});

test("a screen stands before the people, also of who is large", () => {
  const streams = ["bo", "bo/2", "chen"];
  const { shown } = companyOf({ people, you: "anna", streams, large: ["bo"] });

  expect(shown.map((one) => [one.key, one.isScreen])).toEqual([
    ["bo/2", true],
    ["chen", false],
  ]);
});

test("what comes of nobody in the call is heard and has no place", () => {
  const { shown, heard } = companyOf({ people, you: "anna", streams: ["music"], large: [] });

  expect(heard).toEqual(["music"]);
  expect(shown.map((one) => one.key)).not.toContain("music");
});
