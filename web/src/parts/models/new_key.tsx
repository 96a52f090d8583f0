// The form for a new key. The key stands in its field alone: it is read from there when it is sent, and gone when it was taken.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type ApiError, as_error } from "../../api/client";
import type { Dialect, KeyNew } from "../../api/types";
import { Button } from "../../ui/button";
import { ErrorNote } from "../../ui/note";
import { SecretField } from "../../ui/secret_field";
import { TextField } from "../../ui/text_field";
import { type Keys, name_for, read_headers } from "./keys";

/** Of the list of providers: one that is not in it. */
const kOther = "";

const kDialects: [Dialect, string][] = [
  ["openai", "like OpenAI (chat completions)"],
  ["anthropic", "like Anthropic (messages)"],
];

export function NewKey({ keys }: { keys: Keys }) {
  const button = useRef<HTMLDivElement>(null);
  const was_open = useRef(false);
  const open = keys.adding.value && keys.list.value !== null;
  useEffect(() => {
    if (was_open.current && !open) button.current?.querySelector("button")?.focus();
    was_open.current = open;
  }, [open]);
  if (open) return <Form keys={keys} />;
  return (
    <div ref={button}>
      <Button
        icon="plus"
        onClick={() => {
          keys.adding.value = true;
        }}
      >
        Add a key
      </Button>
    </div>
  );
}

function Form({ keys }: { keys: Keys }) {
  const known = keys.providers.value.filter(
    (provider) => !provider.is_program && (provider.kind === "model" || provider.key_variable),
  );
  const chosen = useSignal<string | null>(null);
  const provider = chosen.value ?? known[0]?.name ?? kOther;
  const base_url = useSignal("");
  const dialect = useSignal<Dialect>("openai");
  /** null: as proposed. */
  const named = useSignal<string | null>(null);
  const error = useSignal<Pick<ApiError, "message" | "advice"> | null>(null);
  const working = useSignal(false);
  const key = useRef<HTMLInputElement>(null);
  const headers = useRef<HTMLTextAreaElement>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("select")?.focus(), []);

  const other = provider === kOther;
  // A key of another address makes a provider of its name, which is not to be one that is known.
  const reserved = other ? ["local", "zo", ...keys.providers.value.map(({ name }) => name)] : [];
  const taken = [...reserved, ...(keys.list.value?.items ?? []).map(({ name }) => name)];
  const name = named.value ?? name_for(provider, base_url.value, taken);

  async function give(event: Event) {
    event.preventDefault();
    const read = read_headers(headers.current?.value ?? "");
    if ("wrong" in read) {
      error.value = { message: `Among the headers stands ${read.wrong}.`, advice: "Write each as Name: value." };
      return;
    }
    const wanted: KeyNew = { name: name.trim(), key: key.current?.value ?? "" };
    if (!other) wanted.provider = provider;
    else wanted.dialect = dialect.value;
    if (base_url.value.trim()) wanted.base_url = base_url.value.trim();
    if (Object.keys(read.headers).length > 0) wanted.headers = read.headers;
    working.value = true;
    error.value = null;
    try {
      await keys.add(wanted);
    } catch (cause) {
      // What was pasted stays in its field, so that it need not be pasted again.
      error.value = as_error(cause);
    }
    working.value = false;
  }

  return (
    <form class="form" ref={form} onSubmit={give} autocomplete="off" aria-label="A new key">
      <div>
        <label class="label" for="key-provider">
          Provider
        </label>
        <select
          id="key-provider"
          class="field"
          value={provider}
          onChange={(event) => {
            chosen.value = event.currentTarget.value;
          }}
        >
          {known.map(({ name, label }) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
          <option value={kOther}>Other: any address that speaks like OpenAI or Anthropic</option>
        </select>
      </div>
      {other && (
        <>
          <Address base_url={base_url} required />
          <div>
            <label class="label" for="key-dialect">
              It speaks
            </label>
            <select
              id="key-dialect"
              class="field"
              value={dialect.value}
              onChange={(event) => {
                dialect.value = event.currentTarget.value as Dialect;
              }}
            >
              {kDialects.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </div>
        </>
      )}
      <div>
        <SecretField id="key-secret" label="Key" field={key} required />
      </div>
      <div>
        <TextField
          id="key-name"
          label={other ? "Name, with which its models begin" : "Name"}
          required
          maxLength={64}
          autocomplete="off"
          value={name}
          on_value={(value) => {
            named.value = value;
          }}
        />
      </div>
      <details class="fold">
        <summary>{other ? "More headers" : "Another address, more headers"}</summary>
        <div class="form-more">
          {!other && <Address base_url={base_url} />}
          <div>
            <label class="label" for="key-headers">
              Headers to send, too, one a line
            </label>
            <textarea
              id="key-headers"
              class="field key-headers"
              rows={2}
              ref={headers}
              placeholder="X-Organisation: mine"
              autocomplete="off"
              spellcheck={false}
            />
          </div>
        </div>
      </details>
      {error.value && <ErrorNote error={error.value} />}
      <div class="note-actions">
        <Button look="primary" type="submit" working={working.value} disabled={working.value}>
          Add and test
        </Button>
        <Button
          onClick={() => {
            keys.adding.value = false;
          }}
        >
          Cancel
        </Button>
      </div>
    </form>
  );
}

function Address({ base_url, required = false }: { base_url: { value: string }; required?: boolean }) {
  return (
    <div>
      <TextField
        id="key-address"
        label="Address"
        required={required}
        placeholder="https://api.example.com/v1"
        autocomplete="off"
        value={base_url.value}
        on_value={(value) => {
          base_url.value = value;
        }}
      />
    </div>
  );
}
