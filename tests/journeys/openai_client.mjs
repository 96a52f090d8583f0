// Run by openai_client.py.
import assert from "node:assert/strict";

const { default: OpenAI } = await import(process.env.OPENAI_CLIENT);
const client = new OpenAI({ apiKey: process.env.ZO_TOKEN, baseURL: `${process.env.ZO_URL}/v1` });
const user = (content) => [{ role: "user", content }];

const models = [];
for await (const model of client.models.list()) models.push(model.id);
assert(models.includes("zo"));
assert.equal((await client.models.retrieve("zo")).id, "zo");

const whole = await client.chat.completions.create({ model: "zo", messages: user("list") });
assert.equal(whole.choices[0].message.content, "That is all there is.");
assert.equal(whole.choices[0].finish_reason, "stop");
assert(whole.usage.prompt_tokens > 0 && whole.usage.total_tokens === whole.usage.prompt_tokens + whole.usage.completion_tokens);

const stream = client.chat.completions.stream({ model: "zo", messages: user("list"), stream_options: { include_usage: true } });
let text = "";
for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? "";
assert.equal(text, "That is all there is.");
assert((await stream.finalChatCompletion()).usage.total_tokens > 0);

const tools = [{ type: "function", function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } } }];
const asked = client.chat.completions.stream({ model: "openai/scripted", messages: user("weather"), tools });
const first = await asked.finalChatCompletion();
const [call] = first.choices[0].message.tool_calls;
assert.equal(first.choices[0].finish_reason, "tool_calls");
assert.deepEqual(JSON.parse(call.function.arguments), { city: "Paris" });
const second = await client.chat.completions.create({
  model: "openai/scripted",
  tools,
  messages: [...user("weather"), first.choices[0].message, { role: "tool", tool_call_id: call.id, content: "sunny" }],
});
assert.equal(second.choices[0].message.content, "It is sunny there.");

// A run that ended badly is not begun again by the client's own retries: its tools may have had effects.
const runs = async () => {
  const reply = await fetch(`${process.env.ZO_URL}/api/runs?limit=200`, { headers: { authorization: process.env.ZO_TOKEN } });
  return (await reply.json()).items.length;
};
const before = await runs();
await assert.rejects(client.chat.completions.create({ model: "zo", messages: user("broke") }), OpenAI.RateLimitError);
assert.equal(await runs(), before + 1);

// A stream that is given up takes its run with it.
const newest = async () => {
  const reply = await fetch(`${process.env.ZO_URL}/api/runs?limit=1`, { headers: { authorization: process.env.ZO_TOKEN } });
  return (await reply.json()).items[0];
};
const given_up = await client.chat.completions.create({ model: "zo", messages: user("slowly"), stream: true });
for await (const chunk of given_up) if (chunk.choices[0]?.delta?.content) break;
for (let look = 0; look < 200 && (await newest()).state === "running"; ++look) await new Promise((then) => setTimeout(then, 50));
assert.equal((await newest()).state, "cancelled");

await assert.rejects(client.chat.completions.create({ model: "nobody/none", messages: user("x") }), OpenAI.BadRequestError);
await assert.rejects(new OpenAI({ apiKey: "wrong", baseURL: `${process.env.ZO_URL}/v1` }).models.list(), OpenAI.AuthenticationError);
console.log("the openai client is content");
