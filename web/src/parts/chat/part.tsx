import "./list.css";
import "./chat.css";
import "./said.css";
import "./tool.css";
import "./composer.css";
import "./details.css";
import type { ComponentChildren } from "preact";
import type { Changes } from "../../api/changes";
import type { Client } from "../../api/client";
import type { ErrorCode } from "../../api/types";
import { choose_files } from "../../ui/choose";
import type { Action } from "../../ui/palette";
import type { Go, Place } from "../../ui/part";
import { Chat, title_of } from "./chat";
import { ChatView } from "./chat_view";
import type { Found } from "./found";
import { ListView } from "./list_view";
import { Questions } from "./questions";

/** Shows which model answers in a conversation, and lets one choose. */
export interface ModelChooser {
  picker(chosen: string | null, choose: (name: string | null) => void): ComponentChildren;
  choices(choose: (name: string) => void): Action[];
  another(failed: string, code: ErrorCode | undefined, choose: (name: string) => void): ComponentChildren;
  notice(): ComponentChildren;
}

/** The message that a search found: its link says so. */
function found_in(url: URL): Found | null {
  const message_id = url.searchParams.get("m");
  return message_id ? { message_id, words: url.searchParams.get("q") ?? "" } : null;
}

/** `asked_about`: what is asked about a tool call, to be answered where it stands. */
export function chat_part(
  client: Client,
  changes: Changes,
  go: Go,
  models: ModelChooser,
  asked_about: (tool_call_id: string) => ComponentChildren,
): Place {
  const chat = new Chat(client, go, asked_about);
  changes.hear("conversation", ({ conversation }) => chat.learn(conversation));
  changes.hear("run", ({ run }) => chat.heard(run));
  changes.hear("gone", ({ what, id }) => what === "conversation" && chat.gone(id));
  const path = () => (chat.open.value ? `/c/${chat.open.value.id}` : "/");
  const choose = (name: string | null) => void chat.choose_model(name);
  const attach = () =>
    choose_files((files) => {
      go(path());
      chat.attachments.add(files);
    });
  const search = () => {
    go(path());
    chat.show_list();
    const focus = () => document.getElementById("search")?.focus();
    // At once where the field is there already, so that the next key lands in it.
    focus();
    requestAnimationFrame(focus);
  };
  return {
    name: "Chat",
    path: "/",
    icon: "chat",
    stands: "upper",
    load: () => chat.catch_up(),
    show: (url) => chat.show(/^\/c\/([^/]+)/.exec(url.pathname)?.[1] ?? null, found_in(url)),
    title: () => (chat.open.value ? `${title_of(chat.open.value.conversation.value)} · ZoClone` : "ZoClone"),
    back: path,
    view: () => (
      <ChatView
        chat={chat}
        notice={chat.model.value === null && models.notice()}
        another_model={(failed, code) => models.another(failed, code, (name) => void chat.ask_instead(name))}
        model_picker={models.picker(chat.model.value, choose)}
      />
    ),
    list: { view: () => <ListView chat={chat} go={go} />, open: chat.list_open, drawer: chat.drawer_open },
    skip: { id: "composer", words: "Skip to writing" },
    over: () => <Questions key="questions" chat={chat} />,
    actions: () => [
      ...chat.actions(),
      { title: "Search conversations", icon: "search", group: "Chat", keys: "/", act: search },
      { title: "Attach files…", icon: "clip", group: "Chat", act: attach },
    ],
    things: () => [...chat.others(), ...models.choices(choose)],
    find: (query) => chat.find(query),
  };
}
