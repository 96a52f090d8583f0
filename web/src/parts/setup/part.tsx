import "./setup.css";
import { effect } from "@preact/signals";
import type { Client } from "../../api/client";
import type { Computer } from "../../api/computer";
import type { Go, Place } from "../../ui/part";
import { Setup } from "./setup";
import { type ModelChoice, NotConnectedView, SetupView } from "./setup_view";

const kPath = "/setup";

/** `replace` leads on without a way back. */
export function setup_part(client: Client, computer: Computer, models: ModelChoice, replace: Go): Place {
  const setup = new Setup(client);
  effect(() => {
    const info = computer.info.value;
    if (!info) return;
    const here = location.pathname === kPath;
    if (!info.setup_done && !here) replace(kPath);
    // A secret that is not traded yet is not to be lost.
    if (info.setup_done && here && !location.hash) replace("/");
  });
  // A link opened where /setup is on the screen changes only what stands behind the #: the page is not loaded anew.
  addEventListener("hashchange", async () => {
    if (location.pathname !== kPath || !location.hash) return;
    await setup.connect();
    await computer.read();
  });
  const finish = async () => {
    await setup.finish();
    await computer.read();
  };
  return {
    name: "Setup",
    path: kPath,
    icon: "settings",
    stands: "alone",
    start: () => setup.connect(),
    show: () => {},
    title: () => "Set up ZoClone",
    view: () => <SetupView computer={computer.info.value} models={models} finish={finish} />,
    stranger: () => <NotConnectedView key="stranger" setup={setup} />,
  };
}
