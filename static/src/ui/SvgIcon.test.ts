import { expect, test } from "vitest";
import { parseIcon } from "./SvgIcon";

test("only shapes and harmless attributes are taken over", () => {
  const hostile =
    '<svg viewBox="0 0 16 16" onload="x()"><script>alert(1)</script><path d="M1 1" onclick="x()" style="a" fill="url(#x)"/>' +
    '<image href="https://example.org/a.png"/><circle cx="8" cy="8" r="6" fill="currentColor"/></svg>';

  expect(parseIcon(hostile)).toEqual({
    viewBox: "0 0 16 16",
    shapes: [
      { tag: "path", attributes: { d: "M1 1" } },
      { tag: "circle", attributes: { cx: "8", cy: "8", r: "6", fill: "currentColor" } },
    ],
  });
});
