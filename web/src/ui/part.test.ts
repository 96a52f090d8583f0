import { expect, it } from "vitest";
import { place_at } from "./part";

const kPlaces = [{ path: "/" }, { path: "/files" }, { path: "/files/kept" }];

it("a path belongs to the part with the longest address that it begins with", () => {
  const at = (path: string) => place_at(kPlaces, path)?.path;
  expect(at("/files")).toBe("/files");
  expect(at("/files/a")).toBe("/files");
  expect(at("/files/kept/b")).toBe("/files/kept");
});

it("what no part has is that of the part at the root", () => {
  expect(place_at(kPlaces, "/c/01J")?.path).toBe("/");
  expect(place_at(kPlaces, "/filesystem")?.path).toBe("/");
  expect(place_at(kPlaces.slice(1), "/filesystem")).toBeUndefined();
});
