/** Lets a person choose files; must be called from a click or a key. Nothing is given back when they change their mind. */
export function choose_files(take: (files: File[]) => void): void {
  const field = document.createElement("input");
  field.type = "file";
  field.multiple = true;
  field.addEventListener("change", () => take([...(field.files ?? [])]));
  field.click();
}
