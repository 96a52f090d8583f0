// The frame: rail, list, main, details; one column with a bar below when narrow.
import { useMemo } from "preact/hooks";
import { read_picture } from "./api/picture";
import type { App } from "./app";
import { Announcer } from "./ui/announce";
import { Icon, Mark } from "./ui/icon";
import { FileAddresses, FilePictures } from "./ui/markdown";
import { Palette } from "./ui/palette";
import type { Place } from "./ui/part";

export function Shell({ app }: { app: App }) {
  const address = useMemo(() => (path: string) => app.client.file_address(path), [app]);
  const picture = useMemo(() => (path: string) => read_picture(app.client, path), [app]);
  if (!app.client.session.value) return <>{app.parts.map((part) => part.stranger?.())}</>;
  const place = app.shown.value;
  if (place?.stands === "alone") return <View key={place.name} place={place} />;
  return (
    <FileAddresses.Provider value={address}>
      <FilePictures.Provider value={picture}>
        <Frame app={app} />
      </FilePictures.Provider>
      {app.palette_open.value && (
        <Palette
          actions={() => app.actions()}
          find={(query) => app.find(query)}
          on_close={() => {
            app.palette_open.value = false;
          }}
        />
      )}
      {app.parts.map((part) => part.over?.())}
      <Announcer />
    </FileAddresses.Provider>
  );
}

/** Draws again when a signal that the part's view reads has changed, and nothing around it. */
function View({ place }: { place: Place }) {
  return <>{place.view()}</>;
}

function Frame({ app }: { app: App }) {
  const place = app.shown.value;
  const list = place?.list;
  const listed = list !== undefined && (list.open.value || list.drawer.value);
  const classes = ["frame", listed && "with-list", list?.drawer.value && "with-drawer"];
  return (
    <div class={classes.filter(Boolean).join(" ")}>
      {place?.skip && (
        <a class="skip" href={`#${place.skip.id}`}>
          {place.skip.words}
        </a>
      )}
      <Rail app={app} />
      {listed && list.view()}
      {list?.drawer.value && (
        <button
          type="button"
          class="drawer-shade"
          aria-label="Close the list"
          onClick={() => {
            list.drawer.value = false;
          }}
        />
      )}
      <div class="stage">
        {!app.client.reachable.value && <Gone />}
        <div class="stage-body">{place && <View key={place.name} place={place} />}</div>
      </div>
    </div>
  );
}

function Gone() {
  return (
    <div class="banner" role="alert">
      <Icon name="work" spin size={14} />
      <span>
        <strong>Reconnecting…</strong> ZoClone does not answer at {location.host}. If it was stopped, start it with{" "}
        <code>./run</code>.
      </span>
    </div>
  );
}

function Rail({ app }: { app: App }) {
  const links = (half: Place["stands"]) =>
    app.places
      .filter((place) => place.stands === half)
      .map((place) => <Link key={place.name} app={app} place={place} />);
  return (
    <nav class="rail" aria-label="Parts">
      <div class="rail-mark">
        <Mark />
      </div>
      {links("upper")}
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
      {links("lower")}
    </nav>
  );
}

function Link({ app, place }: { app: App; place: Place }) {
  const here = app.shown.value === place;
  const path = here ? place.path : (place.back?.() ?? place.path);
  return (
    <a
      href={path}
      class="rail-link"
      aria-current={here ? "page" : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        app.router.go(path);
      }}
    >
      <Icon name={place.icon} size={20} />
      <span>{place.name}</span>
    </a>
  );
}
