import { expect, it, test } from "vitest";
import { type Action, matching, with_found } from "./palette";

const action = (title: string, group = "Page"): Action => ({ title, group, icon: "chat", act: () => {} });

it("finds by every word in any order, titles that begin with the first word first", () => {
  const all = [action("Open files"), action("File a tax return", "Conversation"), action("New conversation")];
  expect(matching(all, "file").map((each) => each.title)).toEqual(["File a tax return", "Open files"]);
  expect(matching(all, "conversation return").map((each) => each.title)).toEqual(["File a tax return"]);
  expect(matching(all, "")).toHaveLength(3);
  expect(matching(all, "zebra")).toEqual([]);
});

test("what is found elsewhere stands behind, and no thing stands twice", () => {
  const thing = (id: string): Action => ({ title: id, icon: "chat", group: "Conversation", id, act: () => {} });
  const actions = with_found([thing("a"), thing("b")], [thing("b"), thing("c")]);
  expect(actions.map((each) => each.id)).toEqual(["a", "b", "c"]);
});
