// Every part of the page, in the order of the rail: a new one is its folder and a line here. What one part shows of
// another is handed from one to the other here, too.
import type { Changes } from "./api/changes";
import type { Client } from "./api/client";
import type { Computer } from "./api/computer";
import { approvals_part } from "./parts/approvals/part";
import { automations_part } from "./parts/automations/part";
import { chat_part } from "./parts/chat/part";
import { door_part } from "./parts/door/part";
import { files_part } from "./parts/files/part";
import { limits_part } from "./parts/limits/part";
import { models_part } from "./parts/models/part";
import { settings_part } from "./parts/settings/part";
import { setup_part } from "./parts/setup/part";
import type { Router } from "./router";
import type { Part } from "./ui/part";

export function make_parts(client: Client, changes: Changes, computer: Computer, router: Router): Part[] {
  const go = (path: string) => router.go(path);
  const replace = (path: string) => router.replace(path);
  const models = models_part(client, changes, computer, go);
  const approvals = approvals_part(client, changes);
  const parts: Part[] = [
    chat_part(client, changes, go, models, approvals.about),
    approvals,
    files_part(client, go),
    models,
    limits_part(client),
    door_part(client),
    automations_part(client, changes, go, models.picker),
    settings_part(client, computer, () => parts.flatMap((part) => part.settings ?? []), go),
    setup_part(client, computer, models, replace),
  ];
  return parts;
}
