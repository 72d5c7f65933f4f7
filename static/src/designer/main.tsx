import "../theme/fonts.css";
import "../theme/base.css";
import "../ui/ui.css";
import "./styles/shell.css";
import "./styles/palette.css";
import "./styles/canvas.css";
import "./styles/lines.css";
import "./styles/strip.css";
import "./styles/inspector.css";
import "./styles/preview.css";
import "./styles/empty.css";
import "./styles/list.css";
import "./styles/dialogs.css";
import { mount } from "../ui/mount";
import { Editor } from "./Editor";
import { FlowList } from "./FlowList";

const id = /^\/designer\/([^/]+)\/?$/.exec(location.pathname)?.[1];
mount(id ? <Editor id={id} /> : <FlowList />);
