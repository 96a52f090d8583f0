import type { ComputerInfo } from "../../api/types";
import { Note } from "../../ui/note";
import { type Go, kSettingsPath } from "../../ui/part";

export function ModelNotice({ computer, go }: { computer: ComputerInfo | null; go: Go }) {
  const model = computer?.model;
  if (model?.state === "loading") return <p class="faint">Loading {model.label}… you can already ask.</p>;
  if (model?.state !== "failed" && model?.state !== "not_installed") return null;
  return (
    <Note look="warn">
      {model.label} {model.state === "failed" ? "does not run" : "is not installed"}. {model.detail}{" "}
      <a
        href={kSettingsPath}
        onClick={(event) => {
          event.preventDefault();
          go(kSettingsPath);
        }}
      >
        Choose another model
      </a>
    </Note>
  );
}
