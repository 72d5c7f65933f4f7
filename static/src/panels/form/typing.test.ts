import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ActResult, JsonObject, RefusalReason } from "../../api/socket_types";
import type { FormField } from "../contracts";
import type { Act } from "../panel";
import { hold, Typing, typingOf } from "./typing";

const named = (name: string, type: FormField["type"] = "text"): FormField => {
  const label = { en: name };
  const rest = { help: {}, options: [], required: false, editable: true, masked: false };
  return { name, label, type, ...rest };
};
const PHONE = named("phone", "phone");
const AMOUNT = named("amount", "number");
const TAKEN: ActResult = { ok: true, seq: 1 };
const refused = (reason: RefusalReason): ActResult => ({
  ok: false,
  reason,
  message: "no",
  field: null,
});

/** A site that answers when it is told to. `edits` are the values it was given, in order. */
class Site {
  readonly edits: unknown[] = [];
  private readonly open: ((answer: ActResult) => void)[] = [];

  readonly act: Act = (action: string, data: JsonObject = {}) => {
    if (action !== "edit") return Promise.resolve(TAKEN);
    this.edits.push(data.value);
    return new Promise((resolve) => this.open.push(resolve));
  };

  async answer(...answers: ActResult[]): Promise<void> {
    for (const one of answers) {
      this.open.shift()?.(one);
      await settled();
    }
  }
}

const settled = () => vi.advanceTimersByTimeAsync(0);
const pause = () => vi.advanceTimersByTimeAsync(250);
const textOf = (typing: Typing, name = "phone") => typing.get()[name]?.text;

function begin(): { site: Site; typing: Typing } {
  const site = new Site();
  const typing = new Typing();
  typing.hear([PHONE, AMOUNT], site.act);
  return { site, typing };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a field is sent once, a moment after its last key", async () => {
  const { site, typing } = begin();
  typing.edit(PHONE, "+4");
  await vi.advanceTimersByTimeAsync(200);
  typing.edit(PHONE, "+49");

  await vi.advanceTimersByTimeAsync(200);
  expect(site.edits).toEqual([]);
  await vi.advanceTimersByTimeAsync(50);

  expect(site.edits).toEqual(["+49"]);
});

test("news of the site between a key and its sending take nothing away", async () => {
  const { site, typing } = begin();
  typing.focus("phone");

  typing.hear([PHONE, AMOUNT], site.act);
  typing.edit(PHONE, "+49");
  typing.hear([PHONE, AMOUNT], site.act);
  await pause();
  typing.leave("phone");
  await settled();

  expect(site.edits).toEqual(["+49"]);
});

test("a text that goes back to what the site shows is sent as it is, not empty", async () => {
  const { site, typing } = begin();
  typing.edit(PHONE, "+491");
  await pause();
  typing.edit(PHONE, "+49");
  typing.leave("phone");
  typing.hear([PHONE, AMOUNT], site.act);
  await site.answer(TAKEN);

  expect(site.edits).toEqual(["+491", "+49"]);
});

test("the box keeps its text until the site has it, and then shows what the site says", async () => {
  const { site, typing } = begin();
  typing.edit(PHONE, "+49");
  await pause();

  typing.hear([PHONE, AMOUNT], site.act);
  expect(textOf(typing)).toBe("+49");
  await site.answer(TAKEN);

  expect(typing.get()).toEqual({});
});

test("who is still in a field keeps the text as it was typed until leaving it", async () => {
  const { site, typing } = begin();
  typing.focus("amount");
  typing.edit(AMOUNT, "12,");
  await pause();
  await site.answer(TAKEN);
  expect(textOf(typing, "amount")).toBe("12,");

  typing.leave("amount");

  expect(site.edits).toEqual([12]);
  expect(typing.get()).toEqual({});
});

test("a younger edit waits for the older one, which the site may ask for again", async () => {
  const { site, typing } = begin();
  typing.edit(PHONE, "+4");
  await pause();
  typing.edit(PHONE, "+49");
  await pause();

  expect(site.edits).toEqual(["+4"]);
  await site.answer(TAKEN);

  expect(site.edits).toEqual(["+4", "+49"]);
  await site.answer(TAKEN);
  expect(typing.get()).toEqual({});
});

test.each(["no_answer", "again", "suspended", "halted"] as const)(
  "what was not taken (%s) stays in the box and is tried again with the next news",
  async (reason) => {
    const { site, typing } = begin();
    typing.edit(PHONE, "+49");
    typing.leave("phone");
    await site.answer(refused(reason));
    expect(typing.get().phone).toMatchObject({ text: "+49", stage: "unsent" });

    typing.hear([PHONE, AMOUNT], site.act);
    await site.answer(TAKEN);

    expect(site.edits).toEqual(["+49", "+49"]);
    expect(typing.get()).toEqual({});
  },
);

test("what the site will never take stays to be mended, and nothing is submitted over it", async () => {
  const { site, typing } = begin();
  typing.edit(AMOUNT, "twelve");
  typing.leave("amount");
  await site.answer(refused("invalid_data"));

  typing.hear([PHONE, AMOUNT], site.act);

  expect(typing.get().amount).toMatchObject({ text: "twelve", stage: "refused" });
  expect(await typing.flush()).toBe(false);
  expect(site.edits).toEqual(["twelve"]);
  typing.edit(AMOUNT, "12");
  await pause();
  await site.answer(TAKEN);
  expect(await typing.flush()).toBe(true);
});

test("a flush takes the last key with it and waits for what is under way", async () => {
  const { site, typing } = begin();
  typing.edit(PHONE, "+4");
  await pause();
  typing.edit(PHONE, "+49");

  const whole = typing.flush();
  await site.answer(TAKEN, TAKEN);

  expect(site.edits).toEqual(["+4", "+49"]);
  expect(await whole).toBe(true);
});

test("a panel that goes in the middle of a word has sent it", async () => {
  const { site, typing } = begin();
  const go = hold("form.1", typing);
  typing.edit(PHONE, "+49");

  go();
  await site.answer(TAKEN);

  expect(site.edits).toEqual(["+49"]);
  expect(typingOf("form.1")).not.toBe(typing);
});

test("words typed before a pause are in the box after it, and are sent then", async () => {
  const { site, typing } = begin();
  const go = hold("form.2", typing);
  typing.edit(PHONE, "+49");
  go();
  await site.answer(refused("suspended"));

  const again = typingOf("form.2");
  hold("form.2", again);
  expect(textOf(again)).toBe("+49");
  again.hear([PHONE, AMOUNT], site.act);
  await site.answer(TAKEN);

  expect(site.edits).toEqual(["+49", "+49"]);
  expect(again.get()).toEqual({});
});

test("nothing is kept for a form that is over", async () => {
  const { site, typing } = begin();
  const go = hold("form.3", typing);
  typing.edit(PHONE, "+49");
  go();

  await site.answer(refused("unknown_activity"));

  expect(typingOf("form.3")).not.toBe(typing);
});
