import "./files.css";
import "./viewer.css";
import type { Client } from "../../api/client";
import { choose_files } from "../../ui/choose";
import type { Action } from "../../ui/palette";
import type { Go, Place } from "../../ui/part";
import { Files } from "./files";
import { FilesView } from "./files_view";
import { kDeletedAddress, name_of } from "./kinds";

const kPath = "/files";

export function files_part(client: Client, go: Go): Place {
  const files = new Files(client, go);
  /** Into the folder on the screen, or else into the one at the top. */
  const here = () => {
    if (!location.pathname.startsWith(kPath)) go(kPath);
  };
  const upload = () =>
    choose_files((chosen) => {
      here();
      void files.upload(chosen);
    });
  const make_folder = () => {
    here();
    files.asked.value = { kind: "folder" };
  };
  const undo = (): Action[] => {
    const last = files.undoable.value;
    if (!last) return [];
    const title = `Bring ${name_of(last.path)} back`;
    return [{ title, icon: "redo", group: "Files", act: () => void files.undo() }];
  };
  return {
    name: "Files",
    path: kPath,
    icon: "files",
    stands: "upper",
    title: () => {
      const shown = files.shown.value;
      const name = shown?.kind === "deleted" ? "Deleted files" : name_of(shown?.path ?? "");
      return `${name || "Files"} · ZoClone`;
    },
    show: (url) => void files.show(url),
    view: () => <FilesView files={files} go={go} />,
    actions: () => [
      { title: "Upload files…", icon: "upload", group: "Files", act: upload },
      { title: "New folder…", icon: "plus", group: "Files", act: make_folder },
      { title: "Deleted files", icon: "trash", group: "Files", act: () => go(kDeletedAddress) },
      ...undo(),
    ],
  };
}
