// What can be done with a file or a folder.
import type { FileEntry } from "../../api/types";
import { announce } from "../../ui/announce";
import { copy_text } from "../../ui/copy";
import type { MenuItem } from "../../ui/menu";
import type { Files } from "./files";
import { address_of } from "./kinds";

export function entry_menu(entry: FileEntry, files: Files): MenuItem[] {
  const ask_name = () => {
    files.asked.value = { kind: "rename", entry };
  };
  const download: MenuItem = { title: "Download", icon: "download", act: () => void files.save(entry) };
  return [
    ...(entry.kind === "file" ? [download] : []),
    { title: "Rename or move…", icon: "edit", act: ask_name },
    { title: "Copy link", icon: "link", act: () => void copy_link(entry) },
    { title: "Delete", icon: "trash", danger: true, act: () => void files.delete(entry) },
  ];
}

async function copy_link(entry: FileEntry): Promise<void> {
  try {
    await copy_text(location.origin + address_of(entry.path));
    announce("Copied");
  } catch {
    announce("This browser refused to copy");
  }
}
