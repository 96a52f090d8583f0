// What was deleted and can be put back.
import type { TrashedFile } from "../../api/types";
import { Button } from "../../ui/button";
import { bytes, when, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { EntriesTable } from "./entries_table";
import type { Files } from "./files";
import { folder_of, name_of } from "./kinds";

export function DeletedTable({ items, files }: { items: TrashedFile[]; files: Files }) {
  if (items.length === 0) return <p class="faint files-none">Nothing here: nothing was deleted lately.</p>;
  return (
    <>
      <p class="faint">
        What was deleted stays here for 30 days, up to 10 GB and 200 entries; then the oldest goes for good.
      </p>
      <EntriesTable when="Deleted">
        {items.map((item) => (
          <DeletedRow key={item.id} item={item} files={files} />
        ))}
      </EntriesTable>
    </>
  );
}

function DeletedRow({ item, files }: { item: TrashedFile; files: Files }) {
  const name = name_of(item.path);
  const folder = folder_of(item.path);
  const discard = () => {
    files.asked.value = { kind: "discard", item };
  };
  return (
    <tr>
      <td>
        <span class="file-name">
          <Icon name={item.kind === "folder" ? "folder" : "file"} />
          <span>
            {name}
            {folder && <small class="faint"> from {folder}</small>}
          </span>
        </span>
      </td>
      <td class="number">{bytes(item.size_bytes)}</td>
      <td class="number">
        <time
          dateTime={item.deleted_at}
          title={`${when_exactly(item.deleted_at)}; kept until ${when(item.kept_until)}`}
        >
          {when(item.deleted_at)}
        </time>
      </td>
      <td class="file-actions">
        <div class="row-actions">
          <Button small data-key={item.id} label={`Put back ${name}`} onClick={() => files.restore(item)}>
            Put back
          </Button>
          <Button look="quiet" small icon="trash" label={`Remove ${name} for good`} onClick={discard} />
        </div>
      </td>
    </tr>
  );
}
