// The browser's own notifications, for a page that is not looked at: only after a person has asked for them.
import { computed, signal } from "@preact/signals";
import type { Approval } from "../../api/types";

const can_notify = typeof Notification !== "undefined";
const permission = signal(can_notify ? Notification.permission : "denied");

/** A person wants to be told, so the page listens while nobody looks at it. */
export const notices_wanted = computed(() => permission.value === "granted");

export const can_ask_for_notices = {
  get value(): boolean {
    return permission.value === "default";
  },
};

export async function ask_for_notices(): Promise<void> {
  permission.value = await Notification.requestPermission();
}

export function notify(approval: Approval): void {
  if (permission.value !== "granted" || document.visibilityState === "visible") return;
  const notice = new Notification("ZoClone asks you", { body: approval.question, tag: approval.id });
  notice.onclick = () => {
    window.focus();
    notice.close();
  };
}
