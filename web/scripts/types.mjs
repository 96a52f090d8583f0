// Writes src/api/types.gen.ts: the shapes of the API as TypeScript, from the same files that the server describes itself by.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const kShapes = join(import.meta.dirname, "../../src/api/shapes");
const kOut = join(import.meta.dirname, "../src/api/types.gen.ts");

/** A JSON Schema as a type; `indent` is where its members stand. */
function type_of(schema, indent = "  ") {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.anyOf) return schema.anyOf.map((one) => type_of(one, indent)).join(" | ");
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.type === undefined) return "unknown";
  return [schema.type]
    .flat()
    .map((name) => named(name, schema, indent))
    .join(" | ");
}

function named(name, schema, indent) {
  switch (name) {
    case "integer":
    case "number":
      return "number";
    case "array":
      return `Array<${type_of(schema.items, indent)}>`;
    case "object":
      return schema.properties ? members(schema, indent) : "Record<string, unknown>";
    case "string":
    case "boolean":
    case "null":
      return name;
  }
  throw new Error(`no type '${name}' is known: ${JSON.stringify(schema)}`);
}

function members(schema, indent) {
  const lines = Object.entries(schema.properties).map(([name, one]) => {
    const optional = schema.required?.includes(name) ? "" : "?";
    return `${comment(one, indent)}${indent}${name}${optional}: ${type_of(one, `${indent}  `)};\n`;
  });
  return `{\n${lines.join("")}${indent.slice(2)}}`;
}

function comment(schema, indent) {
  return schema.description ? `${indent}/** ${schema.description} */\n` : "";
}

const shapes = readdirSync(kShapes)
  .filter((file) => file.endsWith(".json"))
  .sort()
  .flatMap((file) => Object.entries(JSON.parse(readFileSync(join(kShapes, file), "utf8")).schemas));
const types = shapes.map(([name, schema]) => `\n${comment(schema, "")}export type ${name} = ${type_of(schema)};\n`);
const text = `// Made by scripts/types.mjs from the shapes in src/api/shapes of the server.\n${types.join("")}`;
// A file that is as it was keeps its time, so that the page is not built again for it.
if (!existsSync(kOut) || readFileSync(kOut, "utf8") !== text) writeFileSync(kOut, text);
