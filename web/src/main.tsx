import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/overlay.css";
import "./ui/markdown.css";
import "./shell.css";
import { render } from "preact";
import { App } from "./app";
import { Shell } from "./shell";

const app = new App();
const place = document.getElementById("app");
if (place) render(<Shell app={app} />, place);
void app.start();
