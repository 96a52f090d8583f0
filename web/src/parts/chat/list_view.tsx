// The list of conversations, under their days.
import { useRef } from "preact/hooks";
import type { Conversation } from "../../api/types";
import { Button } from "../../ui/button";
import { day_group, when, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { ErrorNote } from "../../ui/note";
import { type Chat, title_of } from "./chat";
import { link_to } from "./names";

// How near to the end of the list the next page is asked for.
const kReadAheadPx = 600;

export function ListView({ chat, go }: { chat: Chat; go: (path: string) => void }) {
  const { conversations } = chat;
  const scroller = useRef<HTMLDivElement>(null);
  function read_ahead() {
    const view = scroller.current;
    if (view && view.scrollHeight - view.scrollTop - view.clientHeight < kReadAheadPx) void conversations.load_more();
  }
  return (
    <nav class="list" aria-label="Conversations">
      <div class="list-head">
        <h2>Conversations</h2>
        <Button look="quiet" icon="plus" label="New conversation" onClick={() => go("/")} />
      </div>
      <div class="list-search">
        <Icon name="search" size={14} />
        <input
          id="search"
          type="search"
          aria-label="Search conversations"
          placeholder="Search"
          autocomplete="off"
          value={conversations.search.value}
          onInput={(event) => conversations.search_for(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            if (conversations.search.value) conversations.search_for("");
            else event.currentTarget.blur();
          }}
        />
        {!conversations.search.value && <kbd>/</kbd>}
      </div>
      <div class="list-rows" ref={scroller} onScroll={read_ahead}>
        <Rows chat={chat} go={go} />
        <Ending chat={chat} />
      </div>
    </nav>
  );
}

function Rows({ chat, go }: { chat: Chat; go: (path: string) => void }) {
  const groups = Map.groupBy(chat.conversations.items.value, (each) => day_group(each.updated_at));
  return [...groups].map(([day, members]) => (
    <section key={day} aria-label={day}>
      <h3 class="list-day">{day}</h3>
      <ul>
        {members.map((each) => (
          <Row key={each.id} chat={chat} conversation={each} go={go} />
        ))}
      </ul>
    </section>
  ));
}

function Row({ chat, conversation, go }: { chat: Chat; conversation: Conversation; go: (path: string) => void }) {
  const here = chat.open.value?.id === conversation.id;
  const link = link_to(conversation, chat.conversations.search.value.trim());
  return (
    <li class={here ? "row here" : "row"}>
      <a
        href={link}
        aria-current={here ? "page" : undefined}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          chat.drawer_open.value = false;
          go(link);
        }}
      >
        <span class="row-title">{title_of(conversation)}</span>
        {conversation.active_run_id ? (
          <span class="row-working">
            <Icon name="work" spin size={12} />
            <span class="unseen">working</span>
          </span>
        ) : (
          <time dateTime={conversation.updated_at} title={when_exactly(conversation.updated_at)}>
            {when(conversation.updated_at)}
          </time>
        )}
      </a>
      <Menu
        label={`Actions on ${title_of(conversation)}`}
        icon="more"
        small
        items={() => chat.actions_on(conversation)}
      />
    </li>
  );
}

function Ending({ chat }: { chat: Chat }) {
  const { state, error, items, search } = chat.conversations;
  if (error.value && chat.client.reachable.value) {
    return (
      <ErrorNote error={error.value} actions={<Button onClick={() => chat.conversations.load()}>Read again</Button>} />
    );
  }
  if (state.value === "loading") return <p class="list-end">Reading conversations…</p>;
  if (items.value.length > 0) return null;
  return (
    <p class="list-end">
      {search.value ? `No conversation holds “${search.value}”.` : "Your conversations will stand here."}
    </p>
  );
}
