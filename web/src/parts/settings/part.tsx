import "./settings.css";
import type { Client } from "../../api/client";
import type { Computer } from "../../api/computer";
import type { Action } from "../../ui/palette";
import { type Go, kSettingsPath, type Place, type Section } from "../../ui/part";
import { Settings, type Theme } from "./settings";
import { SettingsView } from "./settings_view";

/** `sections`: what the other parts let a person decide. */
export function settings_part(client: Client, computer: Computer, sections: () => Section[], go: Go): Place {
  const settings = new Settings(client);
  const leave = () => void client.disconnect();
  const theme = (title: string, theme: Theme): Action => {
    const act = () => {
      settings.theme.value = theme;
    };
    return { title, icon: "theme", group: "View", act };
  };
  const new_token = () => {
    settings.making_token.value = true;
    go(kSettingsPath);
  };
  return {
    name: "Settings",
    path: kSettingsPath,
    icon: "settings",
    stands: "lower",
    show: ({ hash }) => {
      settings.led_to.value = hash.slice(1);
      for (const section of sections()) section.show?.();
      void Promise.all([settings.load(), computer.read()]);
    },
    view: () => <SettingsView settings={settings} computer={computer.info.value} sections={sections()} leave={leave} />,
    actions: () => [
      { title: "New token…", icon: "key", group: "Settings", act: new_token },
      { title: "Disconnect this browser", icon: "close", group: "Settings", act: leave },
      theme("Colours as the system", "system"),
      theme("Light colours", "light"),
      theme("Dark colours", "dark"),
    ],
  };
}
