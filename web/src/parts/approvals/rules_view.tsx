// The section of the settings with the rules: what is usual, and what was changed.
import type { Policy, PolicyVerdict } from "../../api/types";
import { Button } from "../../ui/button";
import { ErrorNote } from "../../ui/note";
import type { Approvals } from "./approvals";

const kVerdicts: [PolicyVerdict, string][] = [
  ["allow", "Allow"],
  ["ask", "Ask me"],
  ["deny", "Deny"],
];

export function RulesView({ approvals }: { approvals: Approvals }) {
  const rules = approvals.rules.value;
  return (
    <>
      {approvals.error.value && <ErrorNote error={approvals.error.value} />}
      {rules === null && !approvals.error.value && <p class="faint">Reading rules…</p>}
      {rules?.map((rule) => (
        <Rule key={`${rule.tool} ${rule.bound} ${rule.token_id}`} of={rule} approvals={approvals} />
      ))}
    </>
  );
}

function Rule({ of: rule, approvals }: { of: Policy; approvals: Approvals }) {
  const what = rule.bound ? `${rule.tool}: ${rule.bound}` : rule.tool;
  return (
    <div class="rule">
      <span class="rule-tool">
        {what}
        {rule.token_id && <span class="faint"> for one token</span>}
      </span>
      <select
        class="field"
        aria-label={`Before ${what}`}
        value={rule.verdict}
        onChange={(event) => approvals.set(rule, event.currentTarget.value as PolicyVerdict)}
      >
        {kVerdicts.map(([verdict, word]) => (
          <option key={verdict} value={verdict}>
            {word}
          </option>
        ))}
      </select>
      {rule.id ? (
        <Button small onClick={() => approvals.forget(rule)}>
          Forget<span class="unseen"> the rule for {what}</span>
        </Button>
      ) : (
        <span class="faint">usual</span>
      )}
    </div>
  );
}
