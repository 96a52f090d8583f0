// The frame: rail, list, main, details; one column with a bar below when narrow.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { App } from "./app";
import { ChatView } from "./parts/chat/chat_view";
import { ListView } from "./parts/chat/list_view";
import { Questions } from "./parts/chat/questions";
import { FilesView } from "./parts/files/files_view";
import { ModelChoice } from "./parts/models/model_choice";
import { ModelPicker } from "./parts/models/model_picker";
import { SettingsView } from "./parts/settings/settings_view";
import { NotConnectedView, SetupView } from "./parts/setup/setup_view";
import { Announcer } from "./ui/announce";
import { Icon, type IconName, Mark } from "./ui/icon";
import { FileAddresses } from "./ui/markdown";
import { Note } from "./ui/note";
import { Palette } from "./ui/palette";

export function Shell({ app }: { app: App }) {
  const address = useMemo(() => (path: string) => app.files.address(path), [app]);
  if (!app.client.session.value) return <NotConnectedView setup={app.setup} />;
  if (app.router.route.value.part === "setup") return <FirstVisit app={app} />;
  return (
    <FileAddresses.Provider value={address}>
      <Frame app={app} />
      {app.palette_open.value && (
        <Palette
          actions={() => app.actions()}
          on_close={() => {
            app.palette_open.value = false;
          }}
        />
      )}
      <Questions chat={app.chat} />
      <Announcer />
    </FileAddresses.Provider>
  );
}

function FirstVisit({ app }: { app: App }) {
  const chosen = useSignal<string | null>(null);
  const name = chosen.value ?? app.models.list.value?.current ?? null;
  useEffect(() => {
    document.title = "Set up ZoClone";
  }, []);
  return (
    <SetupView
      computer={app.computer.value}
      start={() => app.finish_setup(name)}
      models={
        <ModelChoice
          models={app.models}
          chosen={name}
          choose={(model) => {
            chosen.value = model;
          }}
        />
      }
    />
  );
}

function Frame({ app }: { app: App }) {
  const { chat } = app;
  const { part } = app.router.route.value;
  const go = (path: string) => app.router.go(path);
  const listed = part === "chat" && (chat.list_open.value || chat.drawer_open.value);
  const classes = ["frame", listed && "with-list", chat.drawer_open.value && "with-drawer"];
  return (
    <div class={classes.filter(Boolean).join(" ")}>
      {part === "chat" && (
        <a class="skip" href="#composer">
          Skip to writing
        </a>
      )}
      <Rail app={app} />
      {listed && <ListView chat={chat} go={go} />}
      {chat.drawer_open.value && (
        <button
          type="button"
          class="drawer-shade"
          aria-label="Close the list"
          onClick={() => {
            chat.drawer_open.value = false;
          }}
        />
      )}
      <div class="stage">
        {!app.client.reachable.value && (
          <div class="banner" role="alert">
            <Icon name="work" spin size={14} />
            <span>
              <strong>Reconnecting…</strong> ZoClone does not answer at {location.host}. If it was stopped, start it
              with <code>./run</code>.
            </span>
          </div>
        )}
        <div class="stage-body">
          <Part app={app} go={go} />
        </div>
      </div>
    </div>
  );
}

function Part({ app, go }: { app: App; go: (path: string) => void }) {
  const { part } = app.router.route.value;
  if (part === "files") return <FilesView files={app.files} go={go} />;
  if (part === "settings") {
    const models = app.models;
    const choose = (name: string) => void models.choose(name).catch(() => {});
    return (
      <SettingsView
        settings={app.settings}
        computer={app.computer.value}
        models={<ModelChoice models={models} chosen={models.list.value?.current ?? null} choose={choose} />}
        leave={() => void app.client.disconnect()}
      />
    );
  }
  return (
    <ChatView
      chat={app.chat}
      notice={<ModelNotice app={app} />}
      model_picker={
        <ModelPicker
          models={app.models}
          computer={app.computer.value}
          chosen={app.chat.model.value}
          choose={(name) => void app.chat.choose_model(name)}
        />
      }
    />
  );
}

/** Said before one asks: that nobody can answer yet, and what to do about it. */
function ModelNotice({ app }: { app: App }) {
  const model = app.computer.value?.model;
  if (!model || app.chat.model.value !== null) return null;
  if (model.state === "loading") return <p class="faint">Loading {model.label}… you can already ask.</p>;
  if (model.state !== "failed" && model.state !== "not_installed") return null;
  return (
    <Note look="warn">
      {model.label} {model.state === "failed" ? "does not run" : "is not installed"}. {model.detail}{" "}
      <a
        href="/settings"
        onClick={(event) => {
          event.preventDefault();
          app.router.go("/settings");
        }}
      >
        Choose another model
      </a>
    </Note>
  );
}

function Rail({ app }: { app: App }) {
  const { part } = app.router.route.value;
  const link = (name: typeof part, path: string, icon: IconName, label: string) => (
    <a
      href={path}
      class="rail-link"
      aria-current={part === name ? "page" : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        app.router.go(path);
      }}
    >
      <Icon name={icon} size={20} />
      <span>{label}</span>
    </a>
  );
  return (
    <nav class="rail" aria-label="Parts">
      <div class="rail-mark">
        <Mark />
      </div>
      {link("chat", app.chat_path(), "chat", "Chat")}
      {link("files", "/files", "files", "Files")}
      <div class="rail-gap" />
      <button
        type="button"
        class="rail-link"
        title="All actions (Ctrl-K)"
        onClick={() => {
          app.palette_open.value = true;
        }}
      >
        <Icon name="command" size={20} />
        <span>Actions</span>
      </button>
      {link("settings", "/settings", "settings", "Settings")}
    </nav>
  );
}
