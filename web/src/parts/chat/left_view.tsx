// What a run left that the person's own tools may run by themselves, beside its answer.
import { useSignal } from "@preact/signals";
import type { LeftFile } from "../../api/types";
import { visible } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { Note } from "../../ui/note";
import { DiffView } from "./diff_view";

export function LeftView({ left }: { left: LeftFile[] }) {
  const stays = left.some((file) => !file.removed);
  return (
    <Note look="warn">
      <strong>
        {stays
          ? "This run left something that your own tools may run"
          : "This run made something that your own tools would have run"}
      </strong>
      <ul class="left-files">
        {left.map((file) => (
          <LeftRow key={file.path} file={file} />
        ))}
      </ul>
      {stays && <p>Read the change before you use git, a shell or an editor there.</p>}
    </Note>
  );
}

function LeftRow({ file }: { file: LeftFile }) {
  const open = useSignal(false);
  const path = <code>{visible(file.path)}</code>;
  const words = <span>{file.removed ? <>taken away again: {path}, which your git would have obeyed</> : path}</span>;
  if (!file.diff) return <li class="left-line">{words}</li>;
  return (
    <li>
      <button type="button" class="left-line" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
        <Icon name={open.value ? "down" : "right"} size={14} />
        {words}
      </button>
      {open.value && <DiffView diff={file.diff} />}
    </li>
  );
}
