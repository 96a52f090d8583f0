// Rows as a table that scrolls in itself.

const kRowsShownMax = 200;

export function Table({ rows }: { rows: string[][] }) {
  const [head = [], ...body] = rows;
  const shown = body.slice(0, kRowsShownMax);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div class="table-box" role="group" aria-label="Table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((name, index) => (
              <th key={index} scope="col" class={is_number(body[0]?.[index]) ? "number" : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} class={is_number(cell) ? "number" : undefined}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {body.length > shown.length && <p class="faint">… {body.length - shown.length} more rows</p>}
    </div>
  );
}

function is_number(cell: string | undefined): boolean {
  return cell !== undefined && /^\s*[-+]?[\d,. ]*\d\s*%?\s*$/.test(cell);
}
