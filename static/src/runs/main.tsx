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
import "./erase.css";
import { readMe } from "../home/me";
import { StaffRail } from "../home/StaffRail";
import { mount } from "../ui/mount";
import { Toasts } from "../ui/Toast";
import { ErasePage } from "./ErasePage";
import { ReplayPage } from "./ReplayPage";
import { RunList } from "./RunList";

const me = readMe();

function RunsPage() {
  return (
    <div className="runs">
      <StaffRail me={me} current="/runs/" />
      <Asked />
      <Toasts />
    </div>
  );
}

function Asked() {
  const [, id, part] = /^\/runs\/([^/]+)(?:\/(erase))?/.exec(location.pathname) ?? [];
  if (!id) return <RunList />;
  return part ? <ErasePage id={id} /> : <ReplayPage id={id} me={me} />;
}

mount(<RunsPage />);
