import "./files.css";
import type { Client } from "../../api/client";
import { choose_files } from "../../ui/choose";
import type { Go, Place } from "../../ui/part";
import { Files } from "./files";
import { FilesView } from "./files_view";

const kPath = "/files";

export function files_part(client: Client, go: Go): Place {
  const files = new Files(client);
  /** Into the folder on the screen, or else into the one at the top. */
  const upload = () =>
    choose_files((chosen) => {
      if (!location.pathname.startsWith(kPath)) go(kPath);
      void files.upload(chosen);
    });
  return {
    name: "Files",
    path: kPath,
    icon: "files",
    stands: "upper",
    show: (url) => void files.show(url.searchParams.get("path") ?? ""),
    view: () => <FilesView files={files} go={go} />,
    actions: () => [{ title: "Upload files…", icon: "upload", group: "Files", act: upload }],
  };
}
