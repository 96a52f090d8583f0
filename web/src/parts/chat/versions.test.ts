import { expect, test } from "vitest";
import type { ApiError, Client } from "../../api/client";
import type { Message } from "../../api/types";
import { as_it_stood, Versions } from "./versions";

const message = (id: string, versions?: number) => ({ id, ...(versions ? { versions } : {}) }) as Message;
const ids = (messages: Message[]) => messages.map((each) => each.id).join(" ");

test("an earlier version stands in its place, with what stood behind it, until one looks at the last", async () => {
  const asked: string[] = [];
  const get = async (path: string) => {
    asked.push(path);
    return path.includes("after=")
      ? { items: [message("old 2")], next: null }
      : { items: [message("old 1")], next: "7" };
  };
  const failures: ApiError[] = [];
  const versions = new Versions({ get } as unknown as Client, "c", (error) => failures.push(error));
  const now = [message("first"), message("new", 2), message("behind")];
  await versions.look_at(message("new", 2), 1);
  expect(asked).toEqual([
    "/api/conversations/c/messages/new/versions/1?limit=200",
    "/api/conversations/c/messages/new/versions/1?after=7&limit=200",
  ]);
  expect(ids(as_it_stood(now, versions.looked_at.value))).toBe("first old 1 old 2");
  versions.keep_to(now);
  expect(versions.looked_at.value?.number).toBe(1);
  versions.keep_to([message("first")]);
  expect(versions.looked_at.value).toBeNull();
  await versions.look_at(message("new", 2), 1);
  await versions.look_at(message("new", 2), 3);
  expect(ids(as_it_stood(now, versions.looked_at.value))).toBe("first new behind");
  expect(failures).toEqual([]);
});
