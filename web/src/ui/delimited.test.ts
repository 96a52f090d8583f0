import { expect, it } from "vitest";
import { delimiter_of, rows_in, rows_of } from "./delimited";

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

it("reads a file that is said to be a table, whatever its lines are like", () => {
  expect(rows_in("a,b\n1\n2,3,4\n", ",", false)).toEqual([["a", "b"], ["1"], ["2", "3", "4"]]);
  expect(rows_in('a,b\n"x, y","z\nz"\n', ",", false)).toEqual([
    ["a", "b"],
    ["x, y", "z\nz"],
  ]);
  expect(rows_in('a,b\n"open,2\n', ",", false)).toBeNull();
  expect(rows_in("", ",", false)).toBeNull();
});

it("leaves out the row in which a text was cut", () => {
  expect(rows_in("a,b\n1,2\n3,", ",", true)).toEqual([
    ["a", "b"],
    ["1", "2"],
  ]);
  expect(rows_in('a,b\n1,2\n3,"four', ",", true)).toEqual([
    ["a", "b"],
    ["1", "2"],
  ]);
});

it("finds what parts the cells", () => {
  expect(["a,b\n", "a;b,c;d", "a\tb", '"x,y,z";b', "one"].map(delimiter_of)).toEqual([",", ";", "\t", ";", "\t"]);
});
