import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { ComputerInfo } from "../../api/types";
import { Button } from "../../ui/button";
import { count } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { ErrorNote, Note } from "../../ui/note";
import type { Section as Decided } from "../../ui/part";
import type { Settings, Theme } from "./settings";
import { TokensView } from "./tokens_view";

const kThemes: [Theme, string][] = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

interface Props {
  settings: Settings;
  computer: ComputerInfo | null;
  /** What the other parts let one decide. */
  sections: Decided[];
  leave: () => void;
}

export function SettingsView({ settings, computer, sections, leave }: Props) {
  const led_to = settings.led_to.value;
  useEffect(() => {
    const heading = sections.some(({ id }) => id === led_to) ? document.getElementById(led_to) : null;
    heading?.scrollIntoView();
    heading?.focus({ preventScroll: true });
  }, [led_to]);
  return (
    <main class="main">
      <header class="head">
        <h1 class="head-title">Settings</h1>
      </header>
      <div class="scroll">
        <div class="page settings">
          {settings.error.value && (
            <ErrorNote
              error={settings.error.value}
              actions={<Button onClick={() => settings.load()}>Read again</Button>}
            />
          )}
          {sections.map(({ id, title, about, view }) => (
            <Section key={id} id={id} title={title} about={about}>
              {view()}
            </Section>
          ))}
          <Section title="Appearance">
            <div class="choices" role="radiogroup" aria-label="Colours">
              {kThemes.map(([theme, label]) => (
                <label key={theme} class={settings.theme.value === theme ? "choice chosen" : "choice"}>
                  <input
                    type="radio"
                    name="theme"
                    checked={settings.theme.value === theme}
                    onChange={() => {
                      settings.theme.value = theme;
                    }}
                  />
                  {label}
                </label>
              ))}
            </div>
          </Section>
          <Section title="Tokens" about="For scripts, other programs and browsers that speak with this computer.">
            <TokensView settings={settings} />
          </Section>
          <Section title="This computer">
            {computer ? <About computer={computer} /> : <p class="faint">Reading…</p>}
          </Section>
          <Section title="This browser" about="Disconnecting ends its session; zo setup-link connects it again.">
            <div>
              <Button onClick={leave}>Disconnect this browser</Button>
            </div>
          </Section>
        </div>
      </div>
    </main>
  );
}

interface SectionProps {
  id?: string;
  title: string;
  about?: string | undefined;
  children: ComponentChildren;
}

function Section({ id, title, about, children }: SectionProps) {
  return (
    <section class="setting">
      <h2 {...(id ? { id, tabIndex: -1 } : {})}>{title}</h2>
      {about && <p class="faint">{about}</p>}
      {children}
    </section>
  );
}

function About({ computer }: { computer: ComputerInfo }) {
  const { sandbox, limits } = computer;
  return (
    <>
      <dl class="facts wide">
        <dt>Version</dt>
        <dd>{computer.version}</dd>
        <dt>Address</dt>
        <dd>{computer.address}</dd>
        <dt>Workspace</dt>
        <dd>{computer.workspace}</dd>
        <dt>Data</dt>
        <dd>{computer.home}</dd>
        <dt>Sandbox</dt>
        <dd class={sandbox.ok ? "run-state done" : "run-state failed"}>
          <Icon name={sandbox.ok ? "check" : "cross"} size={14} />{" "}
          {sandbox.ok ? "commands run isolated" : "commands do not run"}
        </dd>
        <dt>Tokens today</dt>
        <dd>
          {count(limits.tokens_today)} of {count(limits.tokens_a_day)}
          <meter
            min={0}
            max={limits.tokens_a_day}
            high={limits.tokens_a_day * 0.9}
            value={limits.tokens_today}
            aria-label="Tokens used today"
          />
        </dd>
        <dt>Steps a run</dt>
        <dd>at most {count(limits.steps_a_run)}</dd>
      </dl>
      {!sandbox.ok && (
        <Note look="warn">
          {sandbox.reason} {sandbox.try}
        </Note>
      )}
    </>
  );
}
