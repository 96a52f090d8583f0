import { useSignal } from "@preact/signals";
import type { Token } from "../../api/types";
import { Button } from "../../ui/button";
import { CopyButton } from "../../ui/copy";
import { Confirm } from "../../ui/dialog";
import { when, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { Note } from "../../ui/note";
import { TextField } from "../../ui/text_field";
import { kModels, kScopes, type Models, type Scope, type Settings } from "./settings";

export function TokensView({ settings }: { settings: Settings }) {
  const fresh = settings.fresh.value;
  const removing = settings.removing.value;
  return (
    <>
      {fresh && (
        <Note icon="key">
          <strong>{fresh.name}:</strong> copy the token now, it is not shown again.
          <div class="command">
            <code>{fresh.secret}</code>
            <CopyButton text={() => fresh.secret} named />
          </div>
        </Note>
      )}
      {settings.tokens.value === null && <p class="faint">Reading tokens…</p>}
      {settings.tokens.value?.length === 0 && <p class="faint">No token has been made.</p>}
      <ul class="tokens">
        {settings.tokens.value?.map((token) => (
          <TokenRow key={token.id} token={token} settings={settings} />
        ))}
      </ul>
      <NewToken settings={settings} />
      {removing && <Revoke token={removing} settings={settings} />}
    </>
  );
}

function Revoke({ token, settings }: { token: Token; settings: Settings }) {
  const stop_runs = useSignal(false);
  return (
    <Confirm
      title={`Revoke ${token.name}?`}
      verb="Revoke"
      act={() => settings.remove_token(token, stop_runs.value)}
      on_close={() => {
        settings.removing.value = null;
      }}
    >
      <p>Whatever uses this token is refused from then on, and what it reads now is cut.</p>
      <label>
        <input
          type="checkbox"
          checked={stop_runs.value}
          onChange={(event) => {
            stop_runs.value = event.currentTarget.checked;
          }}
        />{" "}
        Stop the runs that it has begun, too
      </label>
    </Confirm>
  );
}

function models_words(models: string): string {
  if (models === "all") return "every model";
  return models === "chosen" ? "the chosen model" : `the chosen model, ${models.replaceAll(",", ", ")}`;
}

function TokenRow({ token, settings }: { token: Token; settings: Settings }) {
  return (
    <li>
      <Icon name="key" />
      <span class="token-words">
        <span>
          {token.name} {token.current && <span class="token-here">This browser</span>}
        </span>
        <small>
          {token.kind === "page" ? "its session" : token.scope}
          {token.kind === "token" &&
            token.tools &&
            token.tools !== "all" &&
            ` · ${token.tools === "none" ? "no tools" : token.tools}`}
          {token.kind === "token" && ` · ${models_words(token.models)}`} ·{" "}
          {token.last_used_at ? (
            <time dateTime={token.last_used_at} title={when_exactly(token.last_used_at)}>
              last used {when(token.last_used_at)}
            </time>
          ) : (
            "never used"
          )}
        </small>
      </span>
      <Button
        small
        onClick={() => {
          settings.removing.value = token;
        }}
      >
        Revoke<span class="unseen"> {token.name}</span>
      </Button>
    </li>
  );
}

function NewToken({ settings }: { settings: Settings }) {
  const open = settings.making_token;
  const name = useSignal("");
  const scope = useSignal<Scope>("chat");
  const tools = useSignal<string[]>([]);
  const models = useSignal<Models>("chosen");
  if (!open.value) {
    return (
      <div>
        <Button
          icon="plus"
          onClick={() => {
            open.value = true;
          }}
        >
          New token
        </Button>
      </div>
    );
  }
  async function make(event: Event) {
    event.preventDefault();
    const chosen = scope.value === "chat" ? tools.value : [];
    if (!(await settings.create_token(name.value.trim(), scope.value, chosen, models.value))) return;
    open.value = false;
    name.value = "";
    tools.value = [];
    models.value = "chosen";
  }
  return (
    <form class="form" onSubmit={make}>
      <div>
        <TextField
          id="token-name"
          label="Name"
          required
          maxLength={80}
          placeholder="backup script"
          value={name.value}
          on_value={(value) => {
            name.value = value;
          }}
        />
      </div>
      <div>
        <label class="label" for="token-scope">
          May do
        </label>
        <select
          id="token-scope"
          class="field"
          value={scope.value}
          onChange={(event) => {
            scope.value = event.currentTarget.value as Scope;
          }}
        >
          {Object.entries(kScopes).map(([value, words]) => (
            <option key={value} value={value}>
              {value}: {words}
            </option>
          ))}
        </select>
      </div>
      {scope.value === "chat" && <ToolBoxes settings={settings} chosen={tools} />}
      {scope.value !== "read" && (
        <div>
          <label class="label" for="token-models">
            Models it may use
          </label>
          <select
            id="token-models"
            class="field"
            value={models.value}
            onChange={(event) => {
              models.value = event.currentTarget.value as Models;
            }}
          >
            {Object.entries(kModels).map(([value, words]) => (
              <option key={value} value={value}>
                {value}: {words}
              </option>
            ))}
          </select>
        </div>
      )}
      <div class="note-actions">
        <Button look="primary" type="submit">
          Make token
        </Button>
        <Button
          onClick={() => {
            open.value = false;
          }}
        >
          Cancel
        </Button>
      </div>
    </form>
  );
}

function ToolBoxes({ settings, chosen }: { settings: Settings; chosen: { value: string[] } }) {
  return (
    <fieldset class="tool-boxes">
      <legend class="label">Tools its runs may use</legend>
      {settings.tools.value.map((tool) => (
        <label key={tool.name} title={tool.description}>
          <input
            type="checkbox"
            checked={chosen.value.includes(tool.name)}
            onChange={(event) => {
              const others = chosen.value.filter((name) => name !== tool.name);
              chosen.value = event.currentTarget.checked ? [...others, tool.name] : others;
            }}
          />
          {tool.name}
        </label>
      ))}
    </fieldset>
  );
}
