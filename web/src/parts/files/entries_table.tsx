import type { ComponentChildren } from "preact";

/** A table of files, a row each: name, size, `when` it was that something happened to them, and what can be done. */
export function EntriesTable({ when, children }: { when: string; children: ComponentChildren }) {
  return (
    <table class="files-table">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" class="number">
            Size
          </th>
          <th scope="col" class="number">
            {when}
          </th>
          <th scope="col">
            <span class="unseen">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}
