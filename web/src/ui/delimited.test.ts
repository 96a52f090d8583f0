import { expect, it } from "vitest";
import { rows_of } from "./delimited";

it("reads commas, tabs and semicolons, quotes and both line ends", () => {
  const rows = [
    ["month", "amount"],
    ["January", "1,204"],
    ['the "first"', ""],
  ];
  expect(rows_of('month,amount\nJanuary,"1,204"\n"the ""first""",\n')).toEqual(rows);
  expect(rows_of('month\tamount\r\nJanuary\t1,204\r\n"the ""first"""\t\r\n')).toEqual(rows);
  expect(rows_of('month;amount\nJanuary;1,204\n"the ""first""";')).toEqual(rows);
  expect(rows_of('a,b\n"two\nlines",1\n3,4\n')?.[1]).toEqual(["two\nlines", "1"]);
});

it("takes for a table only what is one", () => {
  expect(rows_of("")).toBeNull();
  expect(rows_of("one line, with a comma")).toBeNull();
  expect(rows_of("Dear Ada,\nthe ships, all of them,\nare here.\n")).toBeNull();
  expect(rows_of("It rains, mostly.\nIt pours, often.\nIt stops, never.\n")).toBeNull();
  expect(rows_of("a,b\n1,2\n3\n")).toBeNull();
  expect(rows_of('a,b\n"open,2\n3,4\n')).toBeNull();
  expect(rows_of("total 4\n-rw-r--r-- 1 ada ada 6 notes.txt\n")).toBeNull();
});
