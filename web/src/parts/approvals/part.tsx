import "./approvals.css";
import { effect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Changes } from "../../api/changes";
import type { Client } from "../../api/client";
import type { Place } from "../../ui/part";
import { Approvals } from "./approvals";
import { AskedView } from "./asked_view";
import { notices_wanted, notify } from "./notices";
import { QuestionView } from "./question_view";
import { RulesView } from "./rules_view";

export interface ApprovalsPart extends Place {
  /** What is asked about a tool call, to be answered there; nothing when nothing is. */
  about(tool_call_id: string): ComponentChildren;
}

export function approvals_part(client: Client, changes: Changes): ApprovalsPart {
  const approvals = new Approvals(client, changes);
  changes.hear("approval", ({ approval }) => approval.state === "asked" && notify(approval));
  effect(() => {
    changes.listens_unseen.value = notices_wanted.value;
  });
  return {
    name: "Asked",
    path: "/asked",
    icon: "check",
    stands: "upper",
    load: () => approvals.load(),
    show: () => void approvals.load(),
    title: () =>
      approvals.asked.value.length > 0 ? `(${approvals.asked.value.length}) Asked · ZoClone` : "Asked · ZoClone",
    view: () => <AskedView approvals={approvals} />,
    settings: [
      {
        id: "rules",
        title: "Asking first",
        about:
          "Before which tools an agent asks you. Network is what its commands reach beyond what a conversation was given.",
        show: () => void approvals.load_rules(),
        view: () => <RulesView approvals={approvals} />,
      },
    ],
    about: (tool_call_id) => {
      const asked = approvals.about(tool_call_id);
      return asked ? <QuestionView approvals={approvals} of={asked} /> : null;
    },
  };
}
