import { describe, expect, it } from "vitest";
import { authsOf, bodyOf, type Connection, EMPTY, formOf, withKind } from "./connections";

const KEPT: Connection = {
  id: "c",
  name: "core",
  kind: "core",
  allowed: true,
  base_url: "https://core.example",
  auth: "bearer",
  username: "",
  has_secret: true,
  sender: "",
  timeout_ms: 2_500,
  private: false,
  used_by: [],
};

describe("what is sent of a connection", () => {
  it("leaves a kept secret alone while none is typed", () => {
    expect(bodyOf(formOf(KEPT), false)).not.toHaveProperty("secret");
    expect(bodyOf({ ...formOf(KEPT), secret: "new" }, false)).toHaveProperty("secret", "new");
  });

  it("takes the secret away where nothing is proved any more", () => {
    expect(bodyOf({ ...formOf(KEPT), auth: "none" }, false)).toMatchObject({
      secret: "",
      username: "",
    });
  });

  it("names kind and name of a new one only", () => {
    expect(bodyOf({ ...EMPTY, name: " core " }, true)).toMatchObject({
      name: "core",
      kind: "http",
    });
    expect(bodyOf(formOf(KEPT), false)).not.toHaveProperty("name");
  });

  it("says the limit in milliseconds", () => {
    expect(bodyOf(formOf(KEPT), false)).toHaveProperty("timeout_ms", 2_500);
    expect(bodyOf({ ...EMPTY, seconds: "soon" }, true)).toHaveProperty("timeout_ms", 0);
  });
});

it("forgets a proof that the kind does not know", () => {
  expect(authsOf("email")).toEqual(["none", "basic"]);
  expect(withKind({ ...EMPTY, auth: "bearer" }, "email").auth).toBe("none");
  expect(withKind({ ...EMPTY, auth: "basic" }, "email").auth).toBe("basic");
});
