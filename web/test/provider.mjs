// A provider of models as there are some: hundreds of them, for whoever has the key.
import { createServer } from "node:http";

export class Provider {
  /** The headers of what it was asked. */
  seen = [];

  constructor(key, models) {
    this.key = key;
    this.models = models;
  }

  async open() {
    this.server = createServer((request, response) => this.answer(request, response));
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}/v1`;
    return this;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  answer(request, response) {
    request.resume();
    this.seen.push(request.headers);
    if (request.headers.authorization !== `Bearer ${this.key}`) {
      const error = { message: "Incorrect API key provided", type: "invalid_request_error", code: "invalid_api_key" };
      response.writeHead(401, { "content-type": "application/json" }).end(JSON.stringify({ error }));
    } else if (request.url.endsWith("/models")) {
      const data = Array.from({ length: this.models }, (_, index) => ({ id: `maker/model-${index}`, object: "model" }));
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ object: "list", data }));
    } else {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const [delta, finish_reason] of [
        [{ role: "assistant", content: "From the shelf." }, null],
        [{}, "stop"],
      ]) {
        const choices = [{ index: 0, delta, finish_reason }];
        response.write(`data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", choices })}\n\n`);
      }
      response.end("data: [DONE]\n\n");
    }
  }
}
