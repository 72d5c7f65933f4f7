import "../theme/base.css";
import "../theme/groups.css";
import "../theme/fonts.css";
import "../ui/ui.css";
import "./desk.css";
import "./idle.css";
import "./ring.css";
import "./notice.css";
import "./call.css";
import "./stage.css";
import "./step.css";
import { readMe } from "../home/me";
import { mount } from "../ui/mount";
import { DeskPage } from "./DeskPage";

mount(<DeskPage me={readMe()} />);
