import "../theme/base.css";
import "../theme/groups.css";
import "../theme/fonts.css";
import "../ui/ui.css";
import "./runs.css";
import "./replay.css";
import "./steps.css";
import "./lanes.css";
import "./beside.css";
import "./standing.css";
import "./oversee.css";
import { readMe } from "../home/me";
import { StaffRail } from "../home/StaffRail";
import { mount } from "../ui/mount";
import { Toasts } from "../ui/Toast";
import { ReplayPage } from "./ReplayPage";
import { RunList } from "./RunList";

const me = readMe();

function RunsPage() {
  const id = /^\/runs\/([^/]+)/.exec(location.pathname)?.[1];
  return (
    <div className="runs">
      <StaffRail me={me} current="/runs/" />
      {id ? <ReplayPage id={id} /> : <RunList />}
      <Toasts />
    </div>
  );
}

mount(<RunsPage />);
